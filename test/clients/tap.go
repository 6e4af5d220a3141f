package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
)

// The Test Anything Protocol in a few lines: what the Go programs beside this file print.

var count, failed int

func ok(passed bool, name string, note string) {
	count++
	word := "ok"
	if !passed {
		failed++
		word = "not ok"
	}
	fmt.Printf("%s %d - %s\n", word, count, strings.ReplaceAll(name, "\n", " "))
	if !passed && note != "" {
		fmt.Println("# " + strings.ReplaceAll(note, "\n", "\n# "))
	}
}

func is(have, want interface{}, name string) {
	ok(reflect.DeepEqual(have, want), name, fmt.Sprintf("have %#v, want %#v", have, want))
}

func must(err error) {
	if err != nil {
		fmt.Println("# " + strings.ReplaceAll(err.Error(), "\n", "\n# "))
		os.Exit(1)
	}
}

func done() {
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}
