import Testing

@testable import Netlink

@Suite struct SlotsTests {
  @Test("An element keeps its number until it is removed; then the number is reused")
  func numbers() {
    var slots = Slots<String>()
    let numbers = ["a", "b", "c"].map { slots.insert($0) }
    slots.remove(numbers[1])
    #expect(slots[numbers[1]] == nil)
    #expect(slots[numbers[2]] == "c")
    #expect(Array(slots.numbers) == [numbers[0], numbers[2]])
    #expect(slots.count == 2)
    #expect(slots.insert("d") == numbers[1])
    #expect(slots.end == 3)
  }

  @Test("An unused number has no element, and changes there have no effect")
  func unknown() {
    var slots = Slots<String>()
    let number = slots.insert("a")
    slots.remove(number)
    slots.remove(number)
    slots[number] = "b"
    slots[-1] = "c"
    slots[7] = "d"
    #expect(slots[number] == nil && slots[-1] == nil && slots[7] == nil)
    #expect(slots.count == 0)
  }
}
