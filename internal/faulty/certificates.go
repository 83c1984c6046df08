package faulty

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"sync"
	"time"
)

// RootCAs returns a pool with the authority that signs [Certificate]. It is shared
// by all callers.
func RootCAs() *x509.CertPool { return rootCAs() }

var rootCAs = sync.OnceValue(func() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(trusted().certificate)
	return pool
})

// Certificate returns a certificate for hosts, names or IP addresses, that
// clients with [RootCAs] trust until notAfter.
func Certificate(notAfter time.Time, hosts ...string) tls.Certificate {
	return trusted().issue(notAfter, hosts...)
}

// Valid returns the config of a server that clients with [RootCAs] trust.
func Valid() *tls.Config { return with(valid()) }

var valid = sync.OnceValue(func() tls.Certificate { return Certificate(late, "127.0.0.1") })

// WrongHost returns a config whose certificate is for another host.
func WrongHost() *tls.Config {
	return with(Certificate(late, "wrong.example"))
}

// Expired returns a config whose certificate has expired.
func Expired() *tls.Config {
	return with(Certificate(time.Now().Add(-time.Hour), "127.0.0.1"))
}

// Untrusted returns a config whose certificate is signed by an unknown authority.
func Untrusted() *tls.Config {
	return with(newAuthority().issue(late, "127.0.0.1"))
}

func with(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// trusted is made once per process, so that RootCAs fits every server of a test
// binary.
var trusted = sync.OnceValue(newAuthority)

// Certificates are valid from early to late, which include the time of a
// testing/synctest bubble.
var (
	early = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	late  = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
)

func newAuthority() *authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "faulty"},
		NotBefore:             early,
		NotAfter:              late,
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return &authority{must(x509.ParseCertificate(der)), key}
}

func (a *authority) issue(notAfter time.Time, hosts ...string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		NotBefore:   early,
		NotAfter:    notAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
