// What alloc-cpp answers: what every C++ function does, and churn and allocator beside it.
#pragma once

#include "../service/cpp/service.h"

namespace answers {

service::Answer answer(const service::Request& request);

}  // namespace answers
