// The smallest HTTP function that is still honest: no libc, raw system calls, one read-only segment, at most 1024
// bytes. It is the floor under every figure: what exec, the kernel's network stack and one answer cost without a
// runtime.
//
// Serves hello only, one connection and one request without a body at a time. SIGTERM has a handler because the default
// action of a signal does not apply to pid 1 of a pid namespace.
#include <asm/unistd.h>
#include <elf.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

enum { kListenFdsStart = 3, kDefaultPort = 8080, kBacklog = 4096, kSigTerm = 15, kSaRestorer = 0x04000000 };

// The kernel's own layout (rt_sigaction(2)), not libc's.
struct kernel_sigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};

// The linker writes these headers as it writes any constant, and adds none of its own (--oformat=binary): binutils only
// learnt to leave out the section headers, 200 bytes here, in 2.41. The layout is c-nolibc.ld's.
extern const char image_start[], image_size[];
void _start(void);
__attribute__((section(".headers"), used)) static const struct {
  Elf64_Ehdr file;
  Elf64_Phdr program;
  Elf64_Phdr stack;
} kHeaders = {
    .file = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
             .e_type = ET_EXEC,
             .e_machine = EM_X86_64,
             .e_version = EV_CURRENT,
             .e_entry = (Elf64_Addr)_start,
             .e_phoff = sizeof(Elf64_Ehdr),
             .e_ehsize = sizeof(Elf64_Ehdr),
             .e_phentsize = sizeof(Elf64_Phdr),
             .e_phnum = 2},
    .program = {.p_type = PT_LOAD,
                .p_flags = PF_R | PF_X,
                .p_vaddr = (Elf64_Addr)image_start,
                .p_paddr = (Elf64_Addr)image_start,
                .p_filesz = (Elf64_Xword)image_size,
                .p_memsz = (Elf64_Xword)image_size,
                .p_align = 4096},
    .stack = {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16},
};

static inline long call5(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}

static inline long call3(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static _Noreturn void quit(int status) {
  for (;;) call3(__NR_exit_group, status, 0, 0);
}

static void on_sigterm(int signal) {
  (void)signal;
  quit(0);
}

// The number after `name` ("PORT="), or -1 without such a variable.
static long variable(char** environment, const char* name) {
  for (; *environment; ++environment) {
    const char* text = *environment;
    const char* left = name;
    while (*left && *text == *left) ++text, ++left;
    if (*left) continue;
    long value = 0;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    return value;
  }
  return -1;
}

static long listener(char** environment) {
  // sd_listen_fds(3): the variables are meant for the process they name, not for its children.
  if (variable(environment, "LISTEN_FDS=") > 0 && variable(environment, "LISTEN_PID=") == call3(__NR_getpid, 0, 0, 0)) {
    call3(__NR_fcntl, kListenFdsStart, F_SETFL, 0);  // blocking, however it was handed over
    return kListenFdsStart;
  }
  long port = variable(environment, "PORT=");
  if (port < 0) port = kDefaultPort;
  long fd = call3(__NR_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  call5(__NR_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, (long)&on, sizeof on);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = __builtin_bswap16(port)};
  if (call3(__NR_bind, fd, (long)&any, sizeof any) < 0 || call3(__NR_listen, fd, kBacklog, 0) < 0) quit(1);
  return fd;
}

static const char kHello[] = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello world\n";
static const char kNotFound[] =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\nConnection: close\r\n\r\n{\"error\":\"not found\"}";

// Reads to the blank line, or as much as there is room for: closing a socket with unread bytes would reset the
// connection and could lose the answer.
static void answer(long connection) {
  char request[4096];
  long size = 0;
  do {
    long got = call3(__NR_read, connection, (long)(request + size), sizeof request - size);
    if (got <= 0) return;
    size += got;
  } while (size < 4 || (*(int*)(request + size - 4) != 0x0a0d0a0d && size < (long)sizeof request));
  // "GET / " as two little-endian words.
  int hello = *(int*)request == 0x20544547 && *(short*)(request + 4) == 0x202f;
  call5(__NR_sendto, connection, (long)(hello ? kHello : kNotFound), (hello ? sizeof kHello : sizeof kNotFound) - 1,
        MSG_NOSIGNAL, 0);
}

__attribute__((used)) static _Noreturn void serve(long* stack) {
  struct kernel_sigaction term = {.handler = on_sigterm, .flags = kSaRestorer};  // the handler never returns
  call5(__NR_rt_sigaction, kSigTerm, (long)&term, 0, sizeof term.mask, 0);
  // The kernel's start-up stack: argc, argv[], NULL, envp[], NULL.
  long fd = listener((char**)(stack + 1 + stack[0] + 1));
  for (;;) {
    long connection = call5(__NR_accept4, fd, 0, 0, SOCK_CLOEXEC, 0);
    if (connection < 0) continue;
    answer(connection);
    call3(__NR_close, connection, 0, 0);
  }
}

__asm__(
    ".globl _start\n"
    "_start: xor %ebp, %ebp\n"
    "        mov %rsp, %rdi\n"
    "        call serve\n");
