import Model

/// ipvsadm's order. Its comparison subtracts numbers of 32 bits and looks at the sign, so the order is that of a circle: 200.0.0.1 comes
/// before 10.0.0.1. Such a comparison is not transitive, and the result depends on the algorithm: this one is glibc's qsort, a merge sort.
enum Sorting {
  /// The kernel's order before is that of a hash; here it is always the same, so that equal tables give equal lists.
  static func sorted(_ services: [TableReport.ServiceReport]) -> [TableReport.ServiceReport] {
    let items = services.sorted { $0.service.key < $1.service.key }.map { ($0, ServiceWords($0.service.key)) }
    return merged(items) { ServiceWords.isOrdered($0.1, $1.1) }.map(\.0)
  }

  /// Indices of the servers.
  static func order(_ servers: [RealServer], of key: ServiceKey) -> [Int] {
    let items = servers.indices.map { ($0, AddressWords(servers[$0].address), servers[$0].id.shownPort(of: key)) }
    return merged(items) { left, right in
      let difference = AddressWords.difference(left.1, right.1)
      return difference == 0 ? left.2 <= right.2 : difference < 0
    }.map(\.0)
  }

  /// Splits in the middle, the smaller half first, and takes the left element unless it is greater (glibc, `msort_with_tmp`).
  private static func merged<Element>(_ items: [Element], isOrdered: (Element, Element) -> Bool) -> [Element] {
    if items.count <= 1 { return items }
    let middle = items.count / 2
    let (left, right) = (
      merged(Array(items[..<middle]), isOrdered: isOrdered), merged(Array(items[middle...]), isOrdered: isOrdered)
    )
    var result: [Element] = []
    result.reserveCapacity(items.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if isOrdered(left[i], right[j]) {
        result.append(left[i])
        i += 1
      } else {
        result.append(right[j])
        j += 1
      }
    }
    return result + left[i...] + right[j...]
  }
}

/// An address as ipvsadm has it: four words, of which IPv4 uses the first.
private struct AddressWords {
  var isIPv6: Bool
  var words: (UInt32, UInt32, UInt32, UInt32)

  init(_ address: IPAddress) {
    isIPv6 = !address.isIPv4
    let (high, low) = address.words
    words =
      address.isIPv4
      ? (address.word, 0, 0, 0)
      : (
        UInt32(high >> 32), UInt32(truncatingIfNeeded: high), UInt32(low >> 32), UInt32(truncatingIfNeeded: low)
      )
  }

  /// All words if the left one is IPv6.
  static func difference(_ left: Self, _ right: Self) -> Int32 {
    let first = Sorting.difference(left.words.0, right.words.0)
    if first != 0 || !left.isIPv6 { return first }
    let second = Sorting.difference(left.words.1, right.words.1)
    if second != 0 { return second }
    let third = Sorting.difference(left.words.2, right.words.2)
    return third != 0 ? third : Sorting.difference(left.words.3, right.words.3)
  }
}

extension Sorting {
  fileprivate static func difference(_ left: UInt32, _ right: UInt32) -> Int32 { Int32(bitPattern: left &- right) }
}

private struct ServiceWords {
  var key: ServiceKey
  var address: AddressWords

  init(_ key: ServiceKey) {
    self.key = key
    address = AddressWords(key.address)
  }

  static func isOrdered(_ left: Self, _ right: Self) -> Bool {
    let mark = Sorting.difference(left.key.mark, right.key.mark)
    if mark != 0 { return mark < 0 }
    if left.address.isIPv6 != right.address.isIPv6 { return right.address.isIPv6 }
    if left.key.protocol != right.key.protocol { return left.key.protocol < right.key.protocol }
    let address = AddressWords.difference(left.address, right.address)
    return address == 0 ? left.key.port <= right.key.port : address < 0
  }
}

extension ServerAddress {
  /// 0 stands for the service's.
  func shownPort(of key: ServiceKey) -> UInt16 { port == 0 ? key.port : port }
}
