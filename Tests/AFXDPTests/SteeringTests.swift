import ABI
import KernelCalls
import Testing

@testable import AFXDP

/// Single frames: does the kernel keep them, or does the worker get them?
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringTests {
  private let bench: SteeringBench

  init() throws {
    bench = try SteeringBench()
    try TestTopology.publish(to: bench.tables)
  }

  @Test("A service's packet goes to the worker", arguments: SteeringCase.taken + SteeringCase.pathErrors)
  func taken(of example: SteeringCase) throws {
    #expect(try bench.steer(example.frame) == .redirect)
    #expect(bench.isForService(example.frame))
    #expect(counts == [0, 1, 0])
  }

  @Test("Any other packet goes to the kernel", arguments: SteeringCase.passed + SteeringCase.noPathErrors)
  func passed(of example: SteeringCase) throws {
    #expect(try bench.steer(example.frame) == .pass)
    #expect(!bench.isForService(example.frame))
    #expect(counts == [1, 0, 0])
  }

  @Test("A frame from another interface goes to the kernel")
  func foreignInterface() throws {
    bench.enter(ifindex: 78, mac: TestFrame.directorMAC, slot: SteeringBench.slot)
    #expect(try bench.steer(TestFrame().bytes) == .pass)
    // A slot that is in use, with no socket at queue 0.
    bench.enter(ifindex: 1, mac: TestFrame.directorMAC, slot: 15)
    #expect(try bench.steer(TestFrame().bytes) == .drop)
    #expect(counts == [1, 0, 1])
  }

  @Test("A frame to a further MAC address of its interface goes to the worker, to any other address to the kernel")
  func furtherMACs() throws {
    func frame(to mac: [UInt8], port: UInt16 = 80) -> [UInt8] {
      TestFrame {
        $0.destinationMAC = mac
        $0.port = port
      }.bytes
    }
    let virtual: [UInt8] = [0, 0, 0x5e, 0, 1, 0x33]
    let last: [UInt8] = [2, 0, 0, 0, 2, 16]
    #expect(try bench.steer(frame(to: virtual)) == .pass)
    bench.enter(further: [virtual], slot: 0)
    #expect(try bench.steer(frame(to: virtual)) == .pass, "that of another interface")
    bench.enter(further: [virtual])
    #expect(try bench.steer(frame(to: virtual)) == .redirect)
    #expect(try bench.steer(frame(to: virtual, port: 22)) == .pass, "of no service")
    #expect(try bench.steer(frame(to: TestFrame.directorMAC)) == .redirect)

    let full = [[UInt8]?](repeating: nil, count: Int(SLUICE_FURTHER_MACS) - 1) + [last]
    bench.enter(further: full)
    #expect(try bench.steer(frame(to: virtual)) == .pass)
    #expect(try bench.steer(frame(to: last)) == .redirect)
    for other: [UInt8] in [[0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 2, 15], [255, 255, 255, 255, 255, 255]] {
      #expect(try bench.steer(frame(to: other)) == .pass, "\(other): a hole is no address")
    }
    bench.enter(further: [])
    #expect(try bench.steer(frame(to: last)) == .pass)
  }

  @Test("Without a worker a service's packet is dropped, not answered by the kernel, and the host's own packets still pass")
  func withoutWorker() throws {
    bench.closeSocket()
    #expect(try bench.steer(TestFrame().bytes) == .drop)
    #expect(try bench.steer(TestFrameIPv6().bytes) == .drop)
    #expect(try bench.steer(TestFrame { $0.port = 22 }.bytes) == .pass)
    #expect(counts == [1, 0, 2])
  }

  @Test("Without an active generation all packets go to the kernel")
  func empty() throws {
    let bench = try SteeringBench()
    for example in SteeringCase.taken + SteeringCase.pathErrors { #expect(try bench.steer(example.frame) == .pass, "\(example)") }
  }

  @Test("The active half decides, whether it is the first or the second")
  func halves() throws {
    let http = TestFrame().bytes
    let dns = TestFrame.udp().bytes
    for names in [["udp"], ["tcp"], ["udp", "tcp"], [], ["tcp"], ["udp"]] {
      let services = TestTopology.services.filter { service in names.contains { service.name.hasPrefix($0) } }
      try TestTopology.publish(services, to: bench.tables)
      #expect(try bench.steer(http) == (names.contains("tcp") ? .redirect : .pass))
      #expect(try bench.steer(dns) == (names.contains("udp") ? .redirect : .pass))
    }
  }

  @Test(
    "The program needs at most a tenth of the verifier's limit, which leaves room for other kernels and compilers"
  )
  func verifierBudget() {
    let followed = kernel_verified_instructions(bench.program.descriptor)
    #expect(followed > 0 && followed < 100_000, "\(followed)")
  }

  private var counts: [UInt64] {
    [bench.count(SLUICE_STEER_PASSED), bench.count(SLUICE_STEER_TAKEN), bench.count(SLUICE_STEER_NO_SOCKET)]
  }
}
