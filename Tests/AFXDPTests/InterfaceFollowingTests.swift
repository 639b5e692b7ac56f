import Model
import Testing

@testable import AFXDP

/// From what was known and what is seen to what has to be done; no interface is touched.
@Suite struct InterfaceFollowingTests {
  private let own = AttachedProgram(id: 7, isNative: true, name: "sluice_steer")
  private let mac = MACAddress((2, 0, 0, 0, 0, 1))

  private func view(
    _ name: String = "eth0",
    ifindex: UInt32 = 4,
    mac: MACAddress? = MACAddress((2, 0, 0, 0, 0, 1)),
    queues: Int = 2,
    mtu: Int = 1500,
    program: AttachedProgram? = AttachedProgram(id: 7, isNative: true, name: "sluice_steer")
  ) -> InterfaceView {
    InterfaceView(name: name, ifindex: ifindex, mac: mac, queues: queues, mtu: mtu, program: program)
  }

  private func known(_ name: String = "eth0", ifindex: UInt32 = 4, slot: Int = 0) -> AttachedInterface {
    AttachedInterface(view(name, ifindex: ifindex), slot: slot, mac: mac, queues: 2)
  }

  private func steps(_ seen: InterfaceView) -> [InterfaceFollowing.Step] {
    InterfaceFollowing.steps([known()], [seen], programs: [7])
  }

  @Test func `nothing has changed, nothing is done`() {
    #expect(steps(view()) == [])
  }

  @Test func `another MAC address is entered`() {
    let other = MACAddress((2, 0, 0, 0, 0, 9))
    #expect(steps(view(mac: other)) == [.setMAC(slot: 0, other)])
  }

  @Test func `an MTU that no longer fits one buffer starts the workers anew, once`() {
    #expect(steps(view(mtu: 3818)) == [.setMTU(slot: 0, 3818)])
    #expect(steps(view(mtu: 9000)) == [.setMTU(slot: 0, 9000), .rebuild([.mtu(slot: 0, 9000)])])
    #expect(
      InterfaceFollowing.steps([known()], [view(mtu: 9000)], programs: [7], takesJumbo: true) == [.setMTU(slot: 0, 9000)]
    )
    #expect(steps(view(ifindex: 9, mtu: 9000)) == [.rebuild([.mtu(slot: 0, 9000), .back(slot: 0, ifindex: 9)])])
  }

  @Test func `another number of queues starts the workers anew; a driver that does not say is left alone`() {
    #expect(steps(view(queues: 4)) == [.rebuild([.queues(slot: 0, from: 2, to: 4)])])
    #expect(steps(view(queues: 1)) == [.rebuild([.queues(slot: 0, from: 2, to: 1)])])
    #expect(steps(view(queues: 0)) == [])
  }

  @Test func `a program that is gone is attached again, another one's is not touched`() {
    let foreign = AttachedProgram(id: 8, isNative: true, name: "other")
    #expect(steps(view(program: nil)) == [.attachAgain(slot: 0)])
    #expect(steps(view(program: foreign)) == [.foreignProgram(slot: 0, foreign)])
  }

  @Test func `an interface that is gone, and one of the same name that comes instead`() {
    #expect(steps(view(ifindex: 0, mac: nil, queues: 0, program: nil)) == [.rebuild([.gone(slot: 0)])])
    #expect(steps(view(ifindex: 9, program: nil)) == [.rebuild([.back(slot: 0, ifindex: 9)])])
    #expect(steps(view(ifindex: 9, mac: nil, program: nil)) == [], "not an Ethernet interface")
    var gone = known()
    gone.ifindex = 0
    #expect(InterfaceFollowing.steps([gone], [view(ifindex: 0, mac: nil, queues: 0, program: nil)], programs: [7]) == [])
    #expect(
      InterfaceFollowing.steps([gone], [view(ifindex: 5, program: nil)], programs: [7]) == [
        .rebuild([.back(slot: 0, ifindex: 5)])
      ]
    )
  }

  @Test func `changes of several interfaces are one rebuild, after the others`() {
    let known = [known("a", ifindex: 1), known("b", ifindex: 2, slot: 1)]
    let other = MACAddress((2, 0, 0, 0, 0, 9))
    let seen = [view("a", ifindex: 1, mac: other, queues: 3), view("b", ifindex: 0, mac: nil, queues: 0, program: nil)]
    let expected: [InterfaceFollowing.Step] = [
      .setMAC(slot: 0, other), .rebuild([.queues(slot: 0, from: 2, to: 3), .gone(slot: 1)]),
    ]
    #expect(InterfaceFollowing.steps(known, seen, programs: [7]) == expected)
  }
}
