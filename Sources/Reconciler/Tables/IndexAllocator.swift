/// Tracks which indices of a table are in use, and the incarnation of each.
///
/// A holder keeps its index as long as it is configured, because flow entries name servers by index. Free indices are reused as late as
/// possible (never-used ones first, then the longest free) and in a new incarnation, so that an entry for the old holder is not taken for the
/// new one. A server's incarnation has only 12 bits; no entry names a service, so services have none (mask 0).
struct IndexAllocator: Equatable, Sendable {
  private(set) var capacity: Int
  /// Mask for the bits of an incarnation.
  let incarnationMask: UInt16
  /// All indices ever used are below this. It never falls, or the incarnations of free indices would be forgotten.
  private(set) var limit = 0
  /// By index, below `limit`.
  private var incarnations: [UInt16] = []
  /// Free indices below `limit`, longest free first; the first `skipped` have been used up.
  private var holes: [Int] = []
  private var skipped = 0

  init(capacity: Int, incarnationMask: UInt16) {
    self.capacity = capacity
    self.incarnationMask = incarnationMask
  }

  var used: Int { limit - (holes.count - skipped) }

  /// Nil when all indices are in use.
  mutating func allocate() -> (index: Int, incarnation: UInt16)? {
    if limit < capacity {
      limit += 1
      incarnations.append(0)
      return (limit - 1, 0)
    }
    guard skipped < holes.count else { return nil }
    let index = holes[skipped]
    skipped += 1
    if skipped > 1024, skipped * 2 > holes.count {
      holes.removeFirst(skipped)
      skipped = 0
    }
    incarnations[index] = (incarnations[index] &+ 1) & incarnationMask
    return (index, incarnations[index])
  }

  mutating func release(_ index: Int) { holes.append(index) }

  mutating func grow(to larger: Int) { capacity = max(capacity, larger) }

  /// Adopts a previous daemon's indices: incarnations by index, free ones included; `freed` lists the free ones, longest free first.
  init(capacity: Int, incarnationMask: UInt16, incarnations: [UInt16], freed: [Int]) {
    self.capacity = capacity
    self.incarnationMask = incarnationMask
    self.incarnations = incarnations
    limit = incarnations.count
    holes = freed
  }
}
