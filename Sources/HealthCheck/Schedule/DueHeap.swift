/// Checks by the time when they are due, earliest first: a binary heap of small values, so ten thousand checks need one timer.
///
/// Rejected: a timing wheel. It wants slots for intervals of 100 ms to an hour, and at 5000 checks a second the heap costs a thousandth of a
/// core.
struct DueHeap {
  struct Item {
    var due: Int
    var slot: Int32
    /// The slot's incarnation: an item of a former one is skipped.
    var incarnation: UInt32
  }

  private var items: [Item] = []

  var count: Int { items.count }
  var first: Item? { items.first }

  mutating func push(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard items[child].due < items[parent].due else { return }
      items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Item? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child].due < items[least].due {
        least = child
      }
      guard least != parent else { return first }
      items.swapAt(parent, least)
      parent = least
    }
  }

  /// Keeps only these items; for the many that removed checks left.
  mutating func keep(where isWanted: (Item) -> Bool) {
    let kept = items.filter(isWanted)
    items = []
    for item in kept { push(item) }
  }
}
