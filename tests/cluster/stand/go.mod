module hearth/tests/cluster/stand

go 1.26.0
