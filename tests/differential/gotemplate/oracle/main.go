// oracle executes templates with the real engine: one JSON object a line in, {"template", "data", "missingkey", "int64"}, one {"text"} or
// {"error"} a line out. The functions are those of Helm's engine before it adds include, tpl, required and lookup. It is built twice, since
// Helm 3 and 4 use other versions of the same libraries: as it is, and with -modfile=go3.mod -tags helm3.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"text/template"
)

type request struct {
	Template   string `json:"template"`
	Data       any    `json:"data"`
	MissingKey string `json:"missingkey"`
	Int64      bool   `json:"int64"` // integers in data are int64, as --set makes them
}

type answer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

const maxOutput = 1 << 20

type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxOutput {
		return 0, fmt.Errorf("output too large")
	}
	return b.Buffer.Write(p)
}

// numbers makes every json.Number an int64 or a float64.
func numbers(v any, int64s bool) any {
	switch v := v.(type) {
	case json.Number:
		if int64s && !strings.ContainsAny(v.String(), ".eE") {
			if i, err := v.Int64(); err == nil {
				return i
			}
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i], int64s)
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k], int64s)
		}
	}
	return v
}

func execute(r request, funcs template.FuncMap) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: fmt.Sprint(p)}
		}
	}()
	t, err := template.New("t").Funcs(funcs).Option("missingkey=" + r.MissingKey).Parse(r.Template)
	if err != nil {
		return answer{Error: err.Error()}
	}
	var out bounded
	if err := t.Execute(&out, numbers(r.Data, r.Int64)); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Text: out.String()}
}

func main() {
	_ = os.Setenv("TZ", "UTC")
	log.SetOutput(io.Discard)
	debug.SetMaxStack(64 << 20) // a map that holds itself, printed, ends the process: soon
	// One that asks for more than 6 GB ends the process, too.
	_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 6 << 30, Max: 6 << 30})
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		_ = syscall.Dup2(int(null.Fd()), 2)
	}
	funcs := functions()
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(execute(r, funcs)); err != nil {
			return
		}
	}
}
