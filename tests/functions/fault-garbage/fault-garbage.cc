// Answers at once, with bytes that are not HTTP.
#include "serve.h"

int main() { serve::answer(serve::listener(), "220 smtp.example ESMTP ready\r\n\x01\x02\xff\r\n\r\n"); }
