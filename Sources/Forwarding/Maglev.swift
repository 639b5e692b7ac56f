/// Maglev consistent hashing (Eisenbud et al., NSDI 2016, section 3.4): a ring of slots filled in turns by each server's own
/// permutation, so that shares are even and a change of servers moves few slots.
package enum Maglev {
  package static let ringSizes = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65537, 131071, 262139, 655373]
}
