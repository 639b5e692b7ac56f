/// Which indices of a table are in use, and which incarnation each is in.
///
/// What has an index keeps it as long as it is configured: flow entries name servers by it. A free index is given away late, never-used
/// ones first and then the longest free, and in another incarnation: an entry that still names the former holder must not be taken
/// for the new one's, and a server's incarnation has only 12 bits.
struct IndexAllocator: Equatable, Sendable {
  private(set) var capacity: Int
  /// Bits of an incarnation.
  let incarnationMask: UInt16
  /// Indices are below this, with holes. Never falls, or a hole's incarnation would be forgotten.
  private(set) var limit = 0
  /// By index, below `limit`.
  private var incarnations: [UInt16] = []
  /// Free indices below `limit`, longest free first; the first `skipped` are gone.
  private var holes: [Int] = []
  private var skipped = 0

  init(capacity: Int, incarnationMask: UInt16) {
    self.capacity = capacity
    self.incarnationMask = incarnationMask
  }

  var used: Int { limit - (holes.count - skipped) }

  /// Nil when all are in use.
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

  /// What a former daemon had in use, by index; free ones with the incarnation they had and, longest free first, in `freed`.
  init(capacity: Int, incarnationMask: UInt16, incarnations: [UInt16], freed: [Int]) {
    self.capacity = capacity
    self.incarnationMask = incarnationMask
    self.incarnations = incarnations
    limit = incarnations.count
    holes = freed
  }
}
