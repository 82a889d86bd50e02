// Signs a descriptor with notation-go, for lib/sigstore's tests: writes root.crt, other.crt, descriptor.json, and an envelope of each format and key
// kind into the folder it is given. `go run . ../../../lib/sigstore/testdata/notation-1.3.2`; of another artifact: its manifest behind that.
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/signer"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func name(cn string) pkix.Name {
	return pkix.Name{Country: []string{"US"}, Province: []string{"WA"}, Organization: []string{"Sluice, Tests"}, CommonName: cn}
}

func certificate(cn string, ca *x509.Certificate, caKey crypto.Signer, key crypto.Signer) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: name(cn), NotBefore: time.Unix(1700000000, 0),
		NotAfter: time.Unix(4000000000, 0), BasicConstraintsValid: true}
	if ca == nil {
		t.IsCA, t.KeyUsage, t.MaxPathLen = true, x509.KeyUsageCertSign, 1
		ca, caKey = t, key
	} else {
		t.KeyUsage, t.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, ca, key.Public(), caKey))))
}

func main() {
	dir := os.Args[1]
	write := func(file string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	asPem := func(c *x509.Certificate) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) }
	rootKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	root := certificate("root", nil, nil, rootKey)
	write("root.crt", asPem(root))
	otherKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	write("other.crt", asPem(certificate("other", nil, nil, otherKey)))

	signed := filepath.Join(dir, "..", "cosign-2.6.5", "manifest.json")
	if len(os.Args) > 2 {
		signed = os.Args[2]
	}
	manifest := must(os.ReadFile(signed))
	desc := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromBytes(manifest), Size: int64(len(manifest))}
	write("descriptor.json", must(json.Marshal(desc)))
	keys := map[string]crypto.Signer{"rsa": must(rsa.GenerateKey(rand.Reader, 2048)), "ec": must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))}
	for kind, key := range keys {
		leaf := certificate("signer "+kind, root, rootKey, key)
		s := must(signer.NewGenericSigner(key, []*x509.Certificate{leaf, root}))
		for format, mediaType := range map[string]string{"jws": "application/jose+json", "cose": "application/cose"} {
			opts := notation.SignerSignOptions{SignatureMediaType: mediaType}
			envelope, _, err := s.Sign(context.Background(), desc, opts)
			if err != nil {
				log.Fatal(err)
			}
			write(kind+"."+format, envelope)
			if kind == "ec" && format == "jws" {
				opts.ExpiryDuration = time.Second
				expired, _, err := s.Sign(context.Background(), desc, opts)
				if err != nil {
					log.Fatal(err)
				}
				write("expired.jws", expired)
			}
		}
	}
}
