package redact

// A sieve lets most texts without a secret pass after a look at a few of their
// bytes, for nearly every text is clean and each form of a secret costs a search.
//
// It knows every run of gram bytes in every form. The shortest form is short
// bytes long, so whatever shows a form has one of its runs at a multiple of
// short-gram+1: only those places are looked at. A text that is stopped may be
// clean all the same.
type sieve struct {
	short int
	runs  []uint64 // a set of hashes, one bit each
}

const (
	gram     = 4
	hashBits = 14
)

func newSieve(forms []string) sieve {
	s := sieve{short: len(forms[0]), runs: make([]uint64, 1<<hashBits/64)}
	for _, form := range forms {
		s.short = min(s.short, len(form))
		for i := range len(form) - gram + 1 {
			h := hash(form, i)
			s.runs[h/64] |= 1 << (h % 64)
		}
	}
	return s
}

// hasAny reports whether text may show a form.
func hasAny[T string | []byte](s *sieve, text T) bool {
	if len(text) < s.short {
		return false
	}
	if s.short < gram { // no run to look for
		return true
	}
	for i := 0; i+gram <= len(text); i += s.short - gram + 1 {
		if h := hash(text, i); s.runs[h/64]&(1<<(h%64)) != 0 {
			return true
		}
	}
	return false
}

// hash of the run that begins at i (Knuth's multiplicative method).
func hash[T string | []byte](text T, i int) uint32 {
	run := uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16 | uint32(text[i+3])<<24
	return run * 2654435761 >> (32 - hashBits)
}

// hasEscapes reports whether text has what begins an escape, behind which a
// secret may hide. The processor looks for a byte faster than for a set of them.
func hasEscapes[T string | []byte](text T, index func(T, byte) int) bool {
	return index(text, '\\') >= 0 || index(text, '%') >= 0 || index(text, '&') >= 0
}
