/// An array of elements with fixed numbers; the number of a removed element is reused. Tables can refer to each other's elements with four bytes,
/// without an object for each.
struct Slots<Element> {
  private var elements: [Element?] = []
  private var free: [Int32] = []

  /// All numbers are less.
  var end: Int { elements.count }
  var count: Int { elements.count - free.count }

  /// Nil if there is no such element. For changes of an element (`slots[number]?.field = value`); `remove` removes it.
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

  /// The numbers of all elements, ascending.
  var numbers: some Sequence<Int32> {
    elements.indices.lazy.filter { elements[$0] != nil }.map { Int32($0) }
  }
}
