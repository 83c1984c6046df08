package wire

import (
	"strings"
	"time"

	"github.com/go-faster/jx"
)

// time returns the time that comes next. ok is false if there is none: the
// string is empty, or err says why.
func (d *decoder) time(kind jx.Type) (t time.Time, ok bool, err *Error) {
	s, err := d.str(kind)
	if err != nil || s == "" {
		return time.Time{}, false, err
	}
	if t, ok = parseTime(s); !ok {
		err = &Error{Reason: "must be an RFC 3339 time"}
	}
	return t, ok, err
}

// parseTime parses an RFC 3339 time and what servers write in its place: no
// offset (UTC), an offset without a colon or minutes, t and z, a space for T.
func parseTime(s string) (t time.Time, ok bool) {
	const layout = "2006-01-02T15:04:05"
	if len(s) < len(layout) {
		return t, false
	}
	if c := s[10]; c == ' ' || c == 't' {
		s = s[:10] + "T" + s[11:]
	}
	offset := strings.TrimLeft(s[len(layout):], ".0123456789")
	whole := s[:len(s)-len(offset)]
	switch {
	case offset == "" || offset == "z":
		s = whole + "Z"
	case len(offset) == len("+hh"):
		s += ":00"
	case len(offset) == len("+hhmm"):
		s = whole + offset[:3] + ":" + offset[3:]
	}
	if t.UnmarshalText([]byte(s)) != nil {
		return time.Time{}, false
	}
	_, seconds := t.Zone()
	if seconds == 0 {
		return t.UTC(), true
	}
	return t.In(time.FixedZone("", seconds)), true // not time.Local, whatever the machine
}
