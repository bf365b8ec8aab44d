// The AWS Lambda Runtime API (2018-06-01), the function's side, over one keep-alive connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct Invocation {
  std::string request_id;
  std::string event;
};

class RuntimeApi {
 public:
  /// `address` is AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001".
  explicit RuntimeApi(std::string_view address) : address_(address) {}
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;
  ~RuntimeApi();

  /// Waits for the next invocation, as long as it takes. Nothing when the API is gone or does not keep to the protocol.
  std::optional<Invocation> next();
  bool respond(std::string_view request_id, std::string_view payload);
  bool report_error(std::string_view request_id, std::string_view type, std::string_view message);
  bool report_init_error(std::string_view type, std::string_view message);

  /// Why the last call failed.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Reply {
    unsigned status = 0;
    bool keep_alive = false;
    std::string request_id;
    std::string body;
  };
  struct Post {
    std::string path;
    std::string_view error_type;  ///< empty for a response
    std::string_view body;
  };

  bool post(const Post& post);
  std::optional<Reply> exchange(std::string_view request);
  bool connect();
  void disconnect();
  bool send_all(std::string_view bytes);
  std::optional<Reply> receive();
  bool fail(std::string_view operation);

  std::string address_;
  std::string problem_;
  int socket_ = -1;
};
