//go:build tools

// Package tools pins the commands that are built from their own main packages.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
