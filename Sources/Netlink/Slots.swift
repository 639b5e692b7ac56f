/// Elements at numbers that stay theirs until they are removed; a number that became free is given to the next. So tables can refer to each
/// other's elements in four bytes, and lists of 100,000 need no objects.
struct Slots<Element> {
  private var elements: [Element?] = []
  private var free: [Int32] = []

  /// All numbers in use are below it.
  var end: Int { elements.count }
  var count: Int { elements.count - free.count }

  /// Nil where there is none. To be assigned through (`slots[number]?.field = value`), never nil: that is `remove`.
  subscript(number: Int32) -> Element? {
    get { elements.indices.contains(Int(number)) ? elements[Int(number)] : nil }
    set {
      guard let newValue, elements.indices.contains(Int(number)), elements[Int(number)] != nil else { return }
      elements[Int(number)] = newValue
    }
  }

  mutating func insert(_ element: Element) -> Int32 {
    if let number = free.popLast() {
      elements[Int(number)] = element
      return number
    }
    elements.append(element)
    return Int32(elements.count - 1)
  }

  mutating func remove(_ number: Int32) {
    guard self[number] != nil else { return }
    elements[Int(number)] = nil
    free.append(number)
  }

  mutating func reserve(_ capacity: Int) { elements.reserveCapacity(capacity) }

  /// The numbers in use, ascending.
  var numbers: some Sequence<Int32> {
    elements.indices.lazy.filter { elements[$0] != nil }.map { Int32($0) }
  }
}
