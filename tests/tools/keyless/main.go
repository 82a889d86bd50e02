// Signs an artifact keylessly with an authority, a certificate log and a transparency log of its own, for lib/sigstore's tests: writes
// trusted_root.json, bundle.json (cosign 3: DSSE, log entry with promise and proof), bundle2.json (the same in Rekor 2, with a timestamp) and
// simple.json (cosign 2: payload, certificate, log bundle) into the folder it is given. The real verifiers judge both before anything is written.
// `go run . ../../../lib/sigstore/testdata/keyless`; of another artifact: `go run . ../../../lib/sigstore/testdata/chart .../chart/manifest.json`
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	cbundle "github.com/sigstore/cosign/v3/pkg/cosign/bundle"
	"github.com/sigstore/cosign/v3/pkg/oci/static"
	sgbundle "github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

const (
	issuer  = "https://oidc.example.org"
	subject = "https://example.org/fleet/.github/workflows/release.yml@refs/heads/main"
)

var digest = "ff36c043fa12b3378090b94cc78cfc2f7577b6621459ea30bbe1cc0993682198" // testdata/cosign-2.6.5/manifest.json

var (
	b64    = base64.StdEncoding.EncodeToString
	signed = time.Unix(1760000000, 0).UTC()
	sctOid = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func sign(key *ecdsa.PrivateKey, data []byte) []byte {
	hash := sha256.Sum256(data)
	return must(ecdsa.SignASN1(rand.Reader, key, hash[:]))
}

// A certificate for stamping alone.
func stampingCertificate(ca *x509.Certificate, caKey, key *ecdsa.PrivateKey) *x509.Certificate {
	usage := must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}))
	t := &x509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "stamps", Organization: []string{"Sluice, Tests"}},
		NotBefore: signed.AddDate(-1, 0, 0), NotAfter: signed.AddDate(50, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, ca, key.Public(), caKey))))
}

func stamp(cert *x509.Certificate, key *ecdsa.PrivateKey, signature []byte) []byte {
	hash := sha256.Sum256(signature)
	t := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: hash[:], Time: signed, Policy: asn1.ObjectIdentifier{1, 2, 3}}
	return must(t.CreateResponseWithOpts(cert, key, crypto.SHA256))
}

func logID(key *ecdsa.PrivateKey) [32]byte {
	return sha256.Sum256(must(x509.MarshalPKIXPublicKey(key.Public())))
}

func asPem(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func authority(cn string, parent *x509.Certificate, parentKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cn, Organization: []string{"Sluice, Tests"}},
		NotBefore: signed.AddDate(-1, 0, 0), NotAfter: signed.AddDate(50, 0, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true}
	if parent == nil {
		parent, parentKey = t, key
	} else {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, parent, key.Public(), parentKey))))
}

// A signing certificate of ten minutes, with the certificate log's receipt for it inside.
func signingCertificate(ca *x509.Certificate, caKey, key, ctKey *ecdsa.PrivateKey) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: signed.Add(-time.Minute), NotAfter: signed.Add(9 * time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}, URIs: []*url.URL{must(url.Parse(subject))},
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}, Value: []byte(issuer)},
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8}, Value: must(asn1.MarshalWithParams(issuer, "utf8"))}}}
	before := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, ca, key.Public(), caKey))))
	at := uint64(signed.UnixMilli())
	issuerHash := sha256.Sum256(ca.RawSubjectPublicKeyInfo)
	tbs := before.RawTBSCertificate
	text := binary.BigEndian.AppendUint64([]byte{0, 0}, at)
	text = append(append(text, 0, 1), issuerHash[:]...)
	text = append(text, byte(len(tbs)>>16), byte(len(tbs)>>8), byte(len(tbs)))
	text = append(append(text, tbs...), 0, 0)
	signature, id := sign(ctKey, text), logID(ctKey)
	receipt := binary.BigEndian.AppendUint64(append([]byte{0}, id[:]...), at)
	receipt = binary.BigEndian.AppendUint16(append(receipt, 0, 0, 4, 3), uint16(len(signature)))
	receipt = append(receipt, signature...)
	list := binary.BigEndian.AppendUint16(nil, uint16(len(receipt)+2))
	list = append(binary.BigEndian.AppendUint16(list, uint16(len(receipt))), receipt...)
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: sctOid, Value: must(asn1.Marshal(list))})
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, ca, key.Public(), caKey))))
}

// The promise of the transparency log: canonical JSON, signed.
func promise(key *ecdsa.PrivateKey, body []byte, index int64) []byte {
	id := logID(key)
	return sign(key, []byte(fmt.Sprintf(`{"body":"%s","integratedTime":%d,"logID":"%s","logIndex":%d}`, b64(body), signed.Unix(), hex.EncodeToString(id[:]), index)))
}

func leafHash(data []byte) []byte { h := sha256.Sum256(append([]byte{0}, data...)); return h[:] }
func nodeHash(l, r []byte) []byte {
	h := sha256.Sum256(append(append([]byte{1}, l...), r...))
	return h[:]
}

// The body's place as the second of three leaves, and the head of that tree, which `checkpoint` signs.
func proof(body []byte, origin string, checkpoint func(text []byte) []byte) map[string]any {
	first, third := leafHash([]byte("first")), leafHash([]byte("third"))
	head := nodeHash(nodeHash(first, leafHash(body)), third)
	text := fmt.Sprintf("%s\n3\n%s\n", origin, b64(head))
	note := fmt.Sprintf("%s\n\u2014 rekor.example.org %s\n", text, b64(checkpoint([]byte(text))))
	return map[string]any{"logIndex": "1", "treeSize": "3", "rootHash": b64(head), "hashes": []string{b64(first), b64(third)},
		"checkpoint": map[string]any{"envelope": note}}
}

// How a note names a key of Ed25519.
func noteID(key ed25519.PrivateKey) [32]byte {
	return sha256.Sum256(append([]byte("rekor.example.org\n\x01"), key.Public().(ed25519.PublicKey)...))
}

func trustedRoot(ca, intermediate, stamps *x509.Certificate, ctKey, rekorKey *ecdsa.PrivateKey, rekor2Key ed25519.PrivateKey) []byte {
	since := map[string]any{"start": signed.AddDate(-1, 0, 0).Format(time.RFC3339)}
	entry := func(url string, id [32]byte, key crypto.PublicKey, details string) map[string]any {
		return map[string]any{"baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": map[string]any{"keyId": b64(id[:])}, "publicKey": map[string]any{
			"rawBytes": b64(must(x509.MarshalPKIXPublicKey(key))), "keyDetails": details, "validFor": since}}
	}
	authority := func(certs ...*x509.Certificate) map[string]any {
		var chain []any
		for _, c := range certs {
			chain = append(chain, map[string]any{"rawBytes": b64(c.Raw)})
		}
		return map[string]any{"subject": map[string]any{"organization": "Sluice, Tests", "commonName": "root"}, "uri": "https://ca.example.org",
			"validFor": since, "certChain": map[string]any{"certificates": chain}}
	}
	const ec = "PKIX_ECDSA_P256_SHA_256"
	return must(json.MarshalIndent(map[string]any{
		"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"tlogs": []any{entry("https://rekor.example.org", logID(rekorKey), rekorKey.Public(), ec),
			entry("https://rekor.example.org", noteID(rekor2Key), rekor2Key.Public(), "PKIX_ED25519")},
		"ctlogs":                 []any{entry("https://ct.example.org", logID(ctKey), ctKey.Public(), ec)},
		"certificateAuthorities": []any{authority(intermediate, ca)},
		"timestampAuthorities":   []any{authority(stamps, ca)},
	}, "", " "))
}

// A DSSE envelope about the artifact: payload and signature.
const payloadType = "application/vnd.in-toto+json"

func statement(key *ecdsa.PrivateKey) (payload, signature []byte) {
	payload = fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%s"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`, digest)
	return payload, sign(key, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload))
}

func wrap(leaf *x509.Certificate, payload, signature []byte, entry, stamps map[string]any) []byte {
	material := map[string]any{"certificate": map[string]any{"rawBytes": b64(leaf.Raw)}, "tlogEntries": []any{entry}}
	if stamps != nil {
		material["timestampVerificationData"] = stamps
	}
	return must(json.MarshalIndent(map[string]any{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": material,
		"dsseEnvelope":         map[string]any{"payload": b64(payload), "payloadType": payloadType, "signatures": []any{map[string]any{"sig": b64(signature)}}},
	}, "", " "))
}

func makeBundle(leaf *x509.Certificate, key, rekorKey *ecdsa.PrivateKey) []byte {
	payload, signature := statement(key)
	envelope := fmt.Sprintf(`{"payload":"%s","payloadType":"%s","signatures":[{"sig":"%s"}]}`, b64(payload), payloadType, b64(signature))
	envelopeHash, payloadHash := sha256.Sum256([]byte(envelope)), sha256.Sum256(payload)
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"%x"},"payloadHash":{"algorithm":"sha256","value":"%x"},"signatures":[{"signature":"%s","verifier":"%s"}]}}`,
		envelopeHash, payloadHash, b64(signature), b64(asPem(leaf)))
	id := logID(rekorKey)
	checkpoint := func(text []byte) []byte { return append(id[:4:4], sign(rekorKey, text)...) }
	return wrap(leaf, payload, signature, map[string]any{
		"logIndex": "1001", "logId": map[string]any{"keyId": b64(id[:])}, "kindVersion": map[string]any{"kind": "dsse", "version": "0.0.1"},
		"integratedTime": fmt.Sprint(signed.Unix()), "inclusionPromise": map[string]any{"signedEntryTimestamp": b64(promise(rekorKey, body, 1001))},
		"inclusionProof": proof(body, "rekor.example.org - 42", checkpoint), "canonicalizedBody": b64(body)}, nil)
}

func makeBundle2(leaf, stamps *x509.Certificate, key, stampKey *ecdsa.PrivateKey, rekorKey ed25519.PrivateKey) []byte {
	payload, signature := statement(key)
	payloadHash := sha256.Sum256(payload)
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":{"algorithm":"SHA2_256","digest":"%s"},"signatures":[{"content":"%s","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"%s"}}}]}}}`,
		b64(payloadHash[:]), b64(signature), b64(leaf.Raw))
	id := noteID(rekorKey)
	checkpoint := func(text []byte) []byte { return append(id[:4:4], ed25519.Sign(rekorKey, text)...) }
	return wrap(leaf, payload, signature, map[string]any{"logIndex": "1", "logId": map[string]any{"keyId": b64(id[:])},
		"kindVersion": map[string]any{"kind": "dsse", "version": "0.0.2"}, "inclusionProof": proof(body, "rekor.example.org", checkpoint),
		"canonicalizedBody": b64(body)},
		map[string]any{"rfc3161Timestamps": []any{map[string]any{"signedTimestamp": b64(stamp(stamps, stampKey, signature))}}})
}

type simple struct {
	Payload     string `json:"payload"`
	Signature   string `json:"signature"`
	Certificate string `json:"certificate"`
	Bundle      string `json:"bundle"`
}

func makeSimple(leaf *x509.Certificate, key, rekorKey *ecdsa.PrivateKey) simple {
	payload := `{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"sha256:` + digest + `"},"type":"cosign container image signature"},"optional":null}`
	signature, hash := sign(key, []byte(payload)), sha256.Sum256([]byte(payload))
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"%x"}},"signature":{"content":"%s","publicKey":{"content":"%s"}}}}`,
		hash, b64(signature), b64(asPem(leaf)))
	id := logID(rekorKey)
	bundle := must(json.Marshal(cbundle.RekorBundle{SignedEntryTimestamp: promise(rekorKey, body, 1002),
		Payload: cbundle.RekorPayload{Body: b64(body), IntegratedTime: signed.Unix(), LogIndex: 1002, LogID: hex.EncodeToString(id[:])}}))
	return simple{payload, b64(signature), string(asPem(leaf)), string(bundle)}
}

func judgeBundle(trusted *root.TrustedRoot, text []byte, times verify.VerifierOption) {
	var bundle sgbundle.Bundle
	if err := bundle.UnmarshalJSON(text); err != nil {
		log.Fatal(err)
	}
	verifier := must(verify.NewVerifier(trusted, verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), times))
	identity := must(verify.NewShortCertificateIdentity(issuer, "", subject, ""))
	must(verifier.Verify(&bundle, verify.NewPolicy(verify.WithArtifactDigest("sha256", must(hex.DecodeString(digest))), verify.WithCertificateIdentity(identity))))
}

func judgeSimple(trusted *root.TrustedRoot, s simple) {
	var bundle cbundle.RekorBundle
	if err := json.Unmarshal([]byte(s.Bundle), &bundle); err != nil {
		log.Fatal(err)
	}
	signature := must(static.NewSignature([]byte(s.Payload), s.Signature, static.WithCertChain([]byte(s.Certificate), nil), static.WithBundle(&bundle)))
	opts := &cosign.CheckOpts{TrustedMaterial: trusted, ClaimVerifier: cosign.SimpleClaimVerifier, Offline: true,
		Identities: []cosign.Identity{{Issuer: issuer, Subject: subject}}}
	if !must(cosign.VerifyImageSignature(context.Background(), signature, v1.Hash{Algorithm: "sha256", Hex: digest}, opts)) {
		log.Fatal("the log's bundle was not looked at")
	}
}

func main() {
	dir := os.Args[1]
	if len(os.Args) > 2 {
		sum := sha256.Sum256(must(os.ReadFile(os.Args[2])))
		digest = hex.EncodeToString(sum[:])
	}
	write := func(file string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, file), append(data, '\n'), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	rootKey, caKey, ctKey, rekorKey, stampKey, key := newKey(), newKey(), newKey(), newKey(), newKey(), newKey()
	_, rekor2Key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	ca := authority("root", nil, nil, rootKey)
	intermediate := authority("intermediate", ca, rootKey, caKey)
	leaf := signingCertificate(intermediate, caKey, key, ctKey)
	stamps := stampingCertificate(ca, rootKey, stampKey)
	rootJSON := trustedRoot(ca, intermediate, stamps, ctKey, rekorKey, rekor2Key)
	trusted := must(root.NewTrustedRootFromJSON(rootJSON))
	bundle, old := makeBundle(leaf, key, rekorKey), makeSimple(leaf, key, rekorKey)
	bundle2 := makeBundle2(leaf, stamps, key, stampKey, rekor2Key)
	judgeBundle(trusted, bundle, verify.WithIntegratedTimestamps(1))
	judgeBundle(trusted, bundle2, verify.WithSignedTimestamps(1))
	judgeSimple(trusted, old)
	write("trusted_root.json", rootJSON)
	write("bundle.json", bundle)
	write("bundle2.json", bundle2)
	write("simple.json", must(json.MarshalIndent(old, "", " ")))
}
