#include "launcher/sandbox/privileges.h"

#include <linux/capability.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

namespace frostbyte::sandbox {
namespace {

std::string name_of(cap_value_t capability) {
  char* name = ::cap_to_name(capability);
  std::string text = name != nullptr ? name : std::to_string(capability);
  ::cap_free(name);
  return text;
}

}  // namespace

bool can_filter_freely() {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> own(::cap_get_proc(), ::cap_free);
  cap_flag_value_t value = CAP_CLEAR;
  return own && ::cap_get_flag(own.get(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

void add_no_new_privs_step(StepList& steps) {
  steps.add("set no_new_privs", SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0});
}

void empty_bounding_set() {
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) ::cap_drop_bound(capability);
}

void add_capability_steps(StepList& steps, BoundingSet bounding_set) {
  // Without CAP_SETPCAP the bounding set cannot shrink, but then there is nothing in the permitted set to bound either.
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (bounding_set == BoundingSet::inherited && ::cap_get_bound(capability) == 0) continue;
    steps
        .add("drop " + name_of(capability) + " from the bounding set", SYS_prctl,
             {PR_CAPBSET_DROP, capability, 0, 0, 0})
        .tolerated = EPERM;
  }
  steps.add("clear the ambient capabilities", SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0});
  const __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> nothing{};
  steps.add("drop all capabilities", SYS_capset,
            {steps.keep_bytes(&header, sizeof header), steps.keep_bytes(nothing.data(), sizeof nothing)});
}

}  // namespace frostbyte::sandbox
