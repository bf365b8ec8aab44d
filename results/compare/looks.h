// When an unfinished comparison may be looked at. Looking again and again until something shows would show something
// sooner or later; so the looks are few, laid down before the first launch, and each pays for its share of the error.
#pragma once

#include <cstdint>
#include <vector>

namespace frostbyte::compare {

/// The first look: enough rounds that a difference of a tenth shows, few enough that it takes a second.
inline constexpr std::uint32_t kFirstLook = 50;

/// Rounds at which a comparison is looked at: 50, 100, 200 … the last not below `most_rounds`. Doubling keeps the looks
/// few (10 reach 25,600 rounds) and spends at most twice the launches that would have done.
std::vector<std::uint32_t> look_schedule(std::uint64_t most_rounds);

/// Confidence each of `looks` looks at each of `questions` questions needs so that all of them together are wrong no
/// more often than `confidence` allows: Bonferroni. Needs nothing of how looks and questions depend on one another;
/// against the exact joint distribution of looks that double it widens an interval by less than 5 %.
double shared_confidence(double confidence, std::uint64_t looks, std::uint64_t questions);

}  // namespace frostbyte::compare
