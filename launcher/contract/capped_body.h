// A Boost.Beast body that keeps at most `limit` bytes and remembers that there were more. Beast's own limit would make
// the rest of the message unreadable; here it is read and dropped, so that the sender gets its answer. Internal to this
// module.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace frostbyte::contract {

struct CappedBody {
  struct value_type {
    std::string text;
    std::size_t limit = 0;
    bool over = false;
  };

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>&, value_type& value) : value_(value) {}

    void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error) {
      error = {};
      if (length && *length <= value_.limit) value_.text.reserve(static_cast<std::size_t>(*length));
    }

    template <class ConstBufferSequence>
    std::size_t put(const ConstBufferSequence& buffers, boost::beast::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        keep(static_cast<const char*>(buffer.data()), buffer.size());
        taken += buffer.size();
      }
      return taken;
    }

    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    void keep(const char* data, std::size_t size) {
      value_.over |= size > value_.limit - value_.text.size();
      if (!value_.over) value_.text.append(data, size);
    }

    value_type& value_;
  };
};

}  // namespace frostbyte::contract
