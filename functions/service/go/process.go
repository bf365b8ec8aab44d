package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const (
	listenFdsStart = 3
	defaultPort    = "8080"

	// Drain is how long what was begun may take after SIGTERM: whoever sent it will send SIGKILL next.
	Drain = 5 * time.Second
)

// Listen inherits a listener when LISTEN_FDS and LISTEN_PID say so (sd_listen_fds(3)), else binds 0.0.0.0:$PORT.
func Listen() (net.Listener, error) {
	count, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if count >= 1 && os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) {
		file := os.NewFile(listenFdsStart, "LISTEN_FDS")
		defer file.Close() // FileListener duplicates it, with close-on-exec
		return net.FileListener(file)
	}
	port, set := os.LookupEnv("PORT")
	if !set {
		port = defaultPort
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return nil, fmt.Errorf("PORT is not a port number: %q", port)
	}
	return net.Listen("tcp4", ":"+port)
}

// Stopped ends with the first SIGTERM or SIGINT.
func Stopped() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	return ctx
}

// Serve answers with handler until SIGTERM or SIGINT, and then finishes what was begun.
func Serve(handler http.Handler) error {
	stopped := Stopped()
	listener, err := Listen()
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-stopped.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), Drain)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Main is main of a function: an error goes to standard error and is its exit status.
func Main(name string, serve func() error) {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
