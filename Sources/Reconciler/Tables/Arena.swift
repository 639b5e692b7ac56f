/// The free ranges of a flat array. One arena holds rings, another one members.
///
/// What a live generation reads is never moved or overwritten: a changed ring gets a new place, and the old place is freed once no worker
/// reads it. Best fit, since rings come in a dozen sizes; adjacent free ranges merge.
struct Arena: Equatable, Sendable {
  /// In elements; each allocation begins at a multiple of `alignment`.
  private(set) var capacity: Int
  let alignment: Int
  /// Free ranges by position, no two adjacent.
  private var free: [Range<Int>]
  private(set) var used = 0

  init(capacity: Int, alignment: Int) {
    self.capacity = capacity
    self.alignment = alignment
    free = capacity > 0 ? [0..<capacity] : []
  }

  /// The size of `count` elements rounded up to the alignment.
  func rounded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  /// Allocates `count` elements and returns the first place; nil when no free range is large enough.
  mutating func allocate(_ count: Int) -> Int? {
    let size = rounded(count)
    var best: Int?
    for (position, range) in free.enumerated() where range.count >= size && range.count < best.map({ free[$0].count }) ?? .max {
      best = position
      if range.count == size { break }
    }
    guard let best else { return nil }
    let start = free[best].lowerBound
    take(size, at: best)
    used += size
    return start
  }

  /// Marks a range as allocated that a previous daemon's tables occupy. False when it is not free.
  mutating func claim(start: Int, count: Int) -> Bool {
    let range = start..<start + rounded(count)
    guard start >= 0, start % alignment == 0,
      let position = free.firstIndex(where: { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound })
    else { return false }
    let whole = free[position]
    var parts = [whole.lowerBound..<range.lowerBound, range.upperBound..<whole.upperBound]
    parts.removeAll(where: \.isEmpty)
    free.replaceSubrange(position...position, with: parts)
    used += range.count
    return true
  }

  /// Frees the range allocated at `start`.
  mutating func release(start: Int, count: Int) {
    var range = start..<start + rounded(count)
    used -= range.count
    var position = insertion(of: range.lowerBound)
    if position < free.count, free[position].lowerBound == range.upperBound {
      range = range.lowerBound..<free[position].upperBound
      free.remove(at: position)
    }
    if position > 0, free[position - 1].upperBound == range.lowerBound {
      position -= 1
      range = free[position].lowerBound..<range.upperBound
      free.remove(at: position)
    }
    free.insert(range, at: position)
  }

  /// Adds places at the end.
  mutating func grow(to larger: Int) {
    guard larger > capacity else { return }
    let former = capacity
    capacity = larger
    used += rounded(larger - former)
    release(start: former, count: larger - former)
  }

  private mutating func take(_ size: Int, at position: Int) {
    let range = free[position]
    if range.count == size {
      free.remove(at: position)
    } else {
      free[position] = range.lowerBound + size..<range.upperBound
    }
  }

  /// The position of the first free range at or after a place.
  private func insertion(of place: Int) -> Int {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].lowerBound < place { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
