import ABI
import KernelCalls
import Testing

@testable import AFXDP

/// One frame each: does the kernel keep it, or does the worker get it?
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringTests {
  private let bench: SteeringBench

  init() throws {
    bench = try SteeringBench()
    try TestTopology.publish(to: bench.tables)
  }

  @Test("A service's packet is the worker's", arguments: SteeringCase.taken + SteeringCase.pathErrors)
  func taken(of example: SteeringCase) throws {
    #expect(try bench.steer(example.frame) == .redirect)
    #expect(bench.isForService(example.frame))
    #expect(counts == [0, 1, 0])
  }

  @Test("Anything else is the kernel's", arguments: SteeringCase.passed + SteeringCase.noPathErrors)
  func passed(of example: SteeringCase) throws {
    #expect(try bench.steer(example.frame) == .pass)
    #expect(!bench.isForService(example.frame))
    #expect(counts == [1, 0, 0])
  }

  @Test("A frame that came in on an interface which is not ours is the kernel's")
  func foreignInterface() throws {
    bench.enter(ifindex: 78, mac: TestFrame.directorMAC, slot: SteeringBench.slot)
    #expect(try bench.steer(TestFrame().bytes) == .pass)
    // A slot in use, whose queue 0 has no socket.
    bench.enter(ifindex: 1, mac: TestFrame.directorMAC, slot: 15)
    #expect(try bench.steer(TestFrame().bytes) == .drop)
    #expect(counts == [1, 0, 1])
  }

  @Test("Without a worker a service's packet is dropped, not answered by the kernel, and the host's own still pass")
  func withoutWorker() throws {
    bench.closeSocket()
    #expect(try bench.steer(TestFrame().bytes) == .drop)
    #expect(try bench.steer(TestFrameIPv6().bytes) == .drop)
    #expect(try bench.steer(TestFrame { $0.port = 22 }.bytes) == .pass)
    #expect(counts == [1, 0, 2])
  }

  @Test("Memory that no generation was ever put in force in steers nothing")
  func empty() throws {
    let bench = try SteeringBench()
    for example in SteeringCase.taken + SteeringCase.pathErrors { #expect(try bench.steer(example.frame) == .pass, "\(example)") }
  }

  @Test("The half in force decides, the first as well as the second")
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
    "The verifier follows the program within a tenth of what it grants, so that another kernel or compiler has room to do worse"
  )
  func verifierBudget() {
    let followed = kernel_verified_instructions(bench.program.descriptor)
    #expect(followed > 0 && followed < 100_000, "\(followed)")
  }

  private var counts: [UInt64] {
    [bench.count(SLUICE_STEER_PASSED), bench.count(SLUICE_STEER_TAKEN), bench.count(SLUICE_STEER_NO_SOCKET)]
  }
}
