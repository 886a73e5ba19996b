// Checks a license key offline and says what it grants. Needs Go 1.18 or newer and nothing else.
//
//	go run main.go FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
//
// Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
// A signature cannot tell whether the vendor has revoked the license since it was signed.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	issuer  = "{{issuer}}"
	product = "{{product}}"
)

// The vendor's public keys by key id. What any other key signed is refused.
var keys = map[string]string{
	"{{kid}}": "{{x}}",
}

var errFormat = errors.New("not a license key")

// Claims is what a license key says.
type Claims struct {
	Issuer    string   `json:"iss"`
	Product   string   `json:"aud"`
	ID        string   `json:"jti"`
	NotBefore *int64   `json:"nbf"`
	Stops     *int64   `json:"exp"`  // the moment it stops working, grace days included; nil: never
	Ends      *int64   `json:"ends"` // the agreed end, where there are grace days
	Version   int      `json:"ver"`
	Customer  string   `json:"customer"`
	TierName  string   `json:"tier_name"`
	Seats     *uint64  `json:"seats"` // nil: unlimited
	Features  []string `json:"features"`
	Machines  struct {
		Bound []string `json:"bound"`
	} `json:"machines"`
}

// Verify gives the claims of a license key; the error says why a key is refused.
func Verify(text, machine string, now time.Time) (*Claims, error) {
	if _, after, found := strings.Cut(text, "-----BEGIN LICENSE-----"); found {
		text, _, _ = strings.Cut(after, "-----END LICENSE-----")
	}
	text = strings.Join(strings.Fields(strings.TrimPrefix(text, "\ufeff")), "")
	part := strings.Split(text, ".")
	if len(part) != 3 {
		return nil, errFormat
	}

	var header struct{ Alg, Kid, Typ string }
	if err := decode(part[0], &header, true); err != nil || header.Typ != "license+jwt" || header.Alg != "EdDSA" {
		return nil, errFormat
	}
	publicKey, err := base64.RawURLEncoding.DecodeString(keys[header.Kid])
	if err != nil || len(publicKey) != ed25519.PublicKeySize {
		return nil, errors.New("not signed by a key of this vendor")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(part[2])
	if err != nil || !ed25519.Verify(publicKey, []byte(part[0]+"."+part[1]), signature) {
		return nil, errors.New("the signature does not match")
	}

	var claims Claims
	if err := decode(part[1], &claims, false); err != nil {
		return nil, errFormat
	}
	switch {
	case claims.Version != 1:
		return nil, errors.New("made for a newer program")
	case claims.Issuer != issuer:
		return nil, errors.New("issued by another authority")
	case claims.Product != product:
		return nil, errors.New("for another product")
	case claims.NotBefore == nil || now.Unix() < *claims.NotBefore:
		return nil, errors.New("not valid yet")
	case claims.Stops != nil && now.Unix() >= *claims.Stops:
		return nil, errors.New("expired")
	case len(claims.Machines.Bound) > 0 && !contains(claims.Machines.Bound, machine):
		return nil, errors.New("bound to other machines")
	}
	return &claims, nil
}

func decode(segment string, value any, strict bool) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if strict {
		decoder.DisallowUnknownFields()
	}
	return decoder.Decode(value)
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

// lastDay is the last day before an end, UTC.
func lastDay(end int64) string {
	return time.Unix(end-1, 0).UTC().Format("2006-01-02")
}

func main() {
	path, machine := "-", ""
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if len(os.Args) > 2 {
		machine = os.Args[2]
	}
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	now := time.Now()
	claims, err := Verify(string(text), machine, now)
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(3)
	}

	seats, features, until, ends := "unlimited", "none", "no end", claims.Stops
	if claims.Seats != nil {
		seats = fmt.Sprint(*claims.Seats)
	}
	if len(claims.Features) > 0 {
		features = strings.Join(claims.Features, ", ")
	}
	if claims.Ends != nil {
		ends = claims.Ends
	}
	if ends != nil {
		until = lastDay(*ends)
	}
	fmt.Println("valid:   ", claims.ID)
	fmt.Println("customer:", claims.Customer)
	fmt.Println("tier:    ", claims.TierName)
	fmt.Println("seats:   ", seats)
	fmt.Println("features:", features)
	fmt.Println("until:   ", until)
	if ends != nil && *ends <= now.Unix() {
		fmt.Println("grace:    please renew, it stops working after", lastDay(*claims.Stops))
	}
}
