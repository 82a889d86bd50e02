// oracle answers builds with the real engine: one JSON object {"files": {path: text}, "path": dir, "legacy": bool} a line in,
// one {"yaml": text} or {"error": text} a line out. Files live in memory.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type request struct {
	Files  map[string]string `json:"files"`
	Path   string            `json:"path"`
	Legacy bool              `json:"legacy"`
}

type answer struct {
	YAML  string `json:"yaml"`
	Error string `json:"error,omitempty"`
}

func build(r request) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: fmt.Sprint(p)}
		}
	}()
	for _, text := range r.Files {
		if strings.Contains(text, "openapi") { // else the parsed schema serves the next case too
			openapi.ResetOpenAPI()
			break
		}
	}
	fs := filesys.MakeFsInMemory()
	for name, text := range r.Files {
		if err := fs.WriteFile("/"+name, []byte(text)); err != nil {
			return answer{Error: err.Error()}
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionNone
	if r.Legacy {
		options.Reorder = krusty.ReorderOptionLegacy
	}
	m, err := krusty.MakeKustomizer(options).Run(fs, "/"+r.Path)
	if err != nil {
		return answer{Error: err.Error()}
	}
	y, err := m.AsYaml()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{YAML: string(y)}
}

func main() {
	log.SetOutput(io.Discard)
	os.Stderr, _ = os.Open(os.DevNull)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(build(r)); err != nil {
			return
		}
	}
}
