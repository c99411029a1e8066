// A function of main.go has its body elsewhere, which the compiler takes only beside an assembly file.
