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
	if len(s) < len(layout) || s[4] != '-' || s[7] != '-' || !strings.Contains("Tt ", s[10:11]) || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	var n [6]int
	for i, field := range [...]string{s[:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19]} {
		n[i] = number(field)
	}
	nanosecond, offset, ok := parseFraction(s[len(layout):])
	if !ok {
		return time.Time{}, false
	}
	location, ok := parseOffset(offset)
	if !ok {
		return time.Time{}, false
	}
	t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], nanosecond, location)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return t, year >= 0 && n == [6]int{year, int(month), day, hour, minute, second} // else Date has normalized it
}

// parseFraction parses the decimals of a second, if there are any, and returns
// what follows them.
func parseFraction(s string) (nanoseconds int, rest string, ok bool) {
	if !strings.HasPrefix(s, ".") {
		return 0, s, true
	}
	end, unit := 1, int(time.Second/10)
	for ; end < len(s) && '0' <= s[end] && s[end] <= '9'; end++ {
		nanoseconds += int(s[end]-'0') * unit
		unit /= 10
	}
	return nanoseconds, s[end:], end > 1
}

// parseOffset parses Z, +hh:mm, +hhmm or +hh; an empty string is UTC.
func parseOffset(s string) (location *time.Location, ok bool) {
	switch {
	case s == "", s == "Z", s == "z", s == "+00:00":
		return time.UTC, true
	case len(s) == len("+hh:mm") && s[3] == ':':
		s = s[:3] + s[4:]
	case len(s) == len("+hh"):
		s += "00"
	}
	if len(s) != len("+hhmm") || s[0] != '+' && s[0] != '-' {
		return nil, false
	}
	hours, minutes := number(s[1:3]), number(s[3:])
	seconds := (hours*60 + minutes) * 60
	switch {
	case hours < 0, hours > 23, minutes < 0, minutes > 59:
		return nil, false
	case seconds == 0:
		return time.UTC, true
	case s[0] == '-':
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

// number returns the value of a string of digits, or -1.
func number(digits string) int {
	n := 0
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
