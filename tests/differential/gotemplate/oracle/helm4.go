//go:build !helm3

package main

import (
	"text/template"
	_ "unsafe" // for linkname

	_ "helm.sh/helm/v4/pkg/engine"
)

//go:linkname functions helm.sh/helm/v4/pkg/engine.funcMap
func functions() template.FuncMap
