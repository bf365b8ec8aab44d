// Ends before it serves, as a function with a broken configuration does: status 3, and the reason on standard error.
#include <cstdio>

int main() {
  std::fputs("cannot read configuration: DATABASE_URL is not set\n", stderr);
  return 3;
}
