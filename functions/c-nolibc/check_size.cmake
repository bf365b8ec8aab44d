# cmake -D FILE=… -D LIMIT=… -P check_size.cmake: fails, and so fails the build, when FILE is larger than LIMIT bytes.
file(SIZE ${FILE} size)
if(size GREATER LIMIT)
  file(REMOVE ${FILE})
  message(FATAL_ERROR "${FILE} is ${size} bytes, and ${LIMIT} are its promise: make the program smaller.")
endif()
