// What a launcher may leave on a host. Things are named frostbyte-PID-START…: those of launchers that still live are
// somebody else's and not listed.
//
// Network namespaces need no list of their own: without a process, a descriptor or a mount that holds it, none exists,
// and the tests see to those three.
#pragma once

#include <string>
#include <vector>

namespace frostbyte::integration {

/// Every mount, and the cgroups and temporary folders whose launcher is gone; sorted, for comparison with a time
/// before.
std::vector<std::string> leftovers();

/// What leftovers() lists now and did not list then. Less than before is no leak: doctor --clean removes everybody's.
std::vector<std::string> left_since(const std::vector<std::string>& before);

/// Becomes the parent of every process whose own parent ends first, so that none can hide. Once, at the start.
void adopt_orphans();

/// Children that are still there, as "PID name", after those that have ended were reaped and the rest was given a
/// moment: a killed process needs some time to go.
std::vector<std::string> surviving_children();

/// Ends and reaps what surviving_children() lists, so that one test's leak does not fail the next.
void end_children();

}  // namespace frostbyte::integration
