import Model
import Testing

@testable import AFXDP

/// Which places the further MAC addresses of an interface get; no interface is touched.
@Suite struct FurtherMACsTests {
  private func macs(_ numbers: some Sequence<Int>, of interface: String? = "m") -> [FurtherMAC] {
    numbers.map { FurtherMAC(MACAddress((2, 0, 0, 0, 1, UInt8($0))), of: interface) }
  }

  @Test func `an address keeps its place while others come and go`() {
    var further = FurtherMACs()
    #expect(further.set(macs(1...3)) == (macs(1...3), []))
    #expect(further.set(macs([1, 3])) == ([], macs([2])))
    #expect(further.places == [macs([1])[0], nil, macs([3])[0]])
    #expect(further.set(macs([3, 4, 5])) == (macs([4, 5]), macs([1])))
    #expect(further.places == macs([4, 5, 3]))
    #expect(further.set([]) == ([], macs([4, 5, 3])))
    #expect(further.places.isEmpty)
  }

  @Test func `of several interfaces with one address the first counts, and no change is seen when it goes`() {
    var further = FurtherMACs()
    #expect(further.set(macs([1], of: nil) + macs([1], of: "a") + macs([1], of: "b")) == (macs([1], of: nil), []))
    #expect(further.set(macs([1], of: "b")) == ([], []))
    #expect(further.all == macs([1], of: "b"))
  }

  @Test func `more than fit are named, and get a place once there is one`() {
    var further = FurtherMACs()
    #expect(further.set(macs(1...18)) == (macs(1...16), []))
    #expect(further.leftOut == macs([17, 18]))
    #expect(further.set(macs(1...18)) == ([], []), "said once")
    #expect(further.set(macs(2...18)) == (macs([17]), macs([1])))
    #expect(further.leftOut == macs([18]))
    #expect(further.places.first == macs([17])[0])
  }
}
