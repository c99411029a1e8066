// Walks Talos's own config types and asks Talos and hearth the same things.
//
//	walk types                          the types as JSON
//	walk table OLDER NEWER              embed/tables/schema.c, from two outputs of types
//	walk scalars DRIVER DIRECTORY       every scalar in ten spellings, by Talos's Validate and by hearth's check;
//	                                    DIRECTORY is Talos's machinery package, whose test data are the documents
//	walk rows DRIVER DIRECTORY          the same with each row of the hand-written tables taken out in turn: names
//	                                    those whose loss nothing of this version tells
//	walk merge DRIVER [SEED [COUNT]]    overlays that the walk makes, by Talos's patcher and by hearth
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func run(args []string) error {
	schema, problems := walkTypes()
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d types are new to the walk", len(problems))
	}
	switch {
	case len(args) == 1 && args[0] == "types":
		schema.Conflicts = walkConflicts(plant(schema))
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", " ")
		return out.Encode(schema)
	case len(args) == 3 && args[0] == "table":
		var both [2]Schema
		for i, name := range args[1:] {
			text, err := os.ReadFile(name)
			if err == nil {
				err = json.Unmarshal(text, &both[i])
			}
			if err != nil {
				return err
			}
		}
		return writeTable(os.Stdout, &both[0], &both[1], [2]string{both[0].Version, both[1].Version})
	case len(args) >= 2 && args[0] == "merge":
		seed, count := uint64(time.Now().UnixNano()), 20000
		if len(args) > 2 {
			seed, _ = strconv.ParseUint(args[2], 10, 64)
		}
		if len(args) > 3 {
			count, _ = strconv.Atoi(args[3])
		}
		found, err := compareMerges(plant(schema), args[1], seed, count, 2)
		if err != nil {
			return err
		}
		list := newLedger(schema.Version, knownMerges)
		left := 0
		for _, one := range found {
			if list.meant(one.class, one.where, one.detail) {
				continue
			}
			left++
			fmt.Printf("%s %s (%d times, seed %d)\n", one.class, one.where, one.count, seed)
			for i, text := range one.layers {
				fmt.Printf("--- %s\n%s", []string{"base", "role", "node"}[i], text)
			}
			fmt.Printf("--- said\n%s\n\n", one.detail)
		}
		fmt.Printf("Talos %s: %d cases, seed %d, %d differences\n", schema.Version, count, seed, left)
		if left > 0 {
			return errors.New("overlays merge otherwise than Talos merges them")
		}
		return nil
	}
	if len(args) == 3 && args[0] == "scalars" {
		list, count, err := compareSpellings(plant(schema), args[1], args[2])
		meant := newLedger(schema.Version, knownSpellings)
		left := 0
		for _, row := range list {
			if meant.meant(row.refusedBy, row.where, row.why) {
				continue
			}
			left++
			fmt.Printf("refused by %s: %s: %s: %s\n", row.refusedBy, row.where, row.text, strings.ReplaceAll(row.why, "\n", " "))
		}
		for _, text := range meant.stale() {
			left++
			fmt.Println(text)
		}
		fmt.Printf("Talos %s: %d spellings, %d disagreements\n", schema.Version, count, left)
		if err == nil && left > 0 {
			err = errors.New("spellings are judged otherwise than Talos judges them")
		}
		return err
	}
	if len(args) == 3 && args[0] == "rows" {
		unseen, err := takeRows(plant(schema), args[1], args[2])
		list := newLedger(schema.Version, knownRows)
		for _, row := range unseen {
			if !list.meant("rows", row, "") {
				fmt.Println(row)
			}
		}
		return err
	}
	return errors.New("usage: walk types | table OLDER NEWER | rows DRIVER DIRECTORY | merge DRIVER [SEED [COUNT]] | scalars DRIVER DIRECTORY")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
