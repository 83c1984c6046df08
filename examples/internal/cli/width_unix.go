//go:build linux || darwin

package cli

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalWidth asks the terminal; what is none has no width. A terminal that
// does not know its own is taken for one of 80 columns.
func terminalWidth(file *os.File) int {
	var size struct{ rows, columns, _, _ uint16 }
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	switch {
	case failed != 0:
		return 0
	case size.columns == 0:
		return 80
	}
	return int(size.columns)
}
