// A fault of its own, not a raised signal: pid 1 of a pid namespace would survive the latter.
int main() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}
