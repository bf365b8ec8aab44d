#include "launcher/contract/contract.h"

#include "launcher/contract/lambda.h"
#include "launcher/contract/listen_fds.h"
#include "launcher/contract/port.h"

namespace frostbyte::contract {

Result<std::unique_ptr<Contract>> open_contract(function::ContractKind kind, const Terms& terms) {
  switch (kind) {
    case function::ContractKind::port:
      return open_port(terms);
    case function::ContractKind::listen_fds:
      return open_listen_fds(terms);
    case function::ContractKind::lambda:
      return open_lambda(terms);
  }
  return failure("open", "contract", "unknown kind");
}

}  // namespace frostbyte::contract
