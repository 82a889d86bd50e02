// Prints lib/gotemplate/unicode_tables.inc: classes and case mappings of code points as Go's unicode package knows them, so that
// templates see the same letters. Run: go run scripts/unicode-tables.go > lib/gotemplate/unicode_tables.inc
package main

import (
	"fmt"
	"strings"
	"unicode"
)

type entry struct {
	lo, hi, stride rune
	delta          int
}

// Runs of code points with one value of f, each or every second one; 0 belongs to none.
func runs(f func(rune) int) []entry {
	var out []entry
	for r := rune(0); r <= unicode.MaxRune; r++ {
		d := f(r)
		if d == 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].delta == d {
			e := &out[n-1]
			if e.hi+e.stride == r || (e.lo == e.hi && r-e.hi == 2) {
				e.stride = r - e.hi
				e.hi = r
				continue
			}
		}
		out = append(out, entry{r, r, 1, d})
	}
	return out
}

func emit(name string, entries []entry, deltas bool) {
	kind := "Range"
	if deltas {
		kind = "CaseRange"
	}
	fmt.Printf("constexpr %s %s[] = {", kind, name)
	line := ""
	for _, e := range entries {
		text := fmt.Sprintf("{0x%x,0x%x,%d}", e.lo, e.hi, e.stride)
		if deltas {
			text = fmt.Sprintf("{0x%x,0x%x,%d,%d}", e.lo, e.hi, e.stride, e.delta)
		}
		if line == "" || len(line)+len(text) > 126 {
			fmt.Println(strings.TrimRight(line, " "))
			line = "    "
		}
		line += text + ","
	}
	fmt.Println(line + "};")
}

func class(in func(rune) bool) func(rune) int {
	return func(r rune) int {
		if in(r) {
			return 1
		}
		return 0
	}
}

func mapping(to func(rune) rune) func(rune) int { return func(r rune) int { return int(to(r) - r) } }

func main() {
	fmt.Printf("// Unicode %s, printed by scripts/unicode-tables.go.\n", unicode.Version)
	emit("kLetters", runs(class(unicode.IsLetter)), false)
	emit("kUppers", runs(class(unicode.IsUpper)), false)
	emit("kLowers", runs(class(unicode.IsLower)), false)
	emit("kTitles", runs(class(unicode.IsTitle)), false)
	emit("kDigits", runs(class(unicode.IsDigit)), false)
	emit("kNumbers", runs(class(unicode.IsNumber)), false)
	emit("kPuncts", runs(class(unicode.IsPunct)), false)
	emit("kToUpper", runs(mapping(unicode.ToUpper)), true)
	emit("kToLower", runs(mapping(unicode.ToLower)), true)
	emit("kToTitle", runs(mapping(unicode.ToTitle)), true)
}
