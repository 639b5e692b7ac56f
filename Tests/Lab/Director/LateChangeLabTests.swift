import Foundation
import Testing

extension DirectorLab {
  /// A command that got no answer leaves no doubt.
  @Suite struct LateChangeTests {
    @Test("A change that a stopped daemon did not begin in time is never carried out, and the command says so")
    func stopped() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs1, .rs2]])
      defer { daemon.signal(SIGTERM) }
      daemon.signal(SIGSTOP)
      // The command gives up after its wait and the time that a change may take; here it is stopped before.
      let command = try lab.start(
        .director,
        [Laboratory.sluice, "server", "set", "tcp", "\(Laboratory.vip):80", "10.9.0.11", "--weight", "7", "--timeout", "1"],
        environment: ["SLUICE_SOCKET": lab.socket]
      )
      usleep(1_500_000)
      daemon.signal(SIGCONT)
      let ended = try command.wait(within: 20)
      #expect(ended.status != 0)
      #expect(ended.errors.contains("did not get its turn while its client waited: nothing has changed"), "\(ended.text)")
      #expect(try lab.status().services.first?.servers.map(\.weight) == [1, 1])
      try lab.operate("server", "set", "tcp", "\(Laboratory.vip):80", "10.9.0.11", "--weight", "7", "--timeout", "5")
      #expect(try lab.status().services.first?.servers.map(\.weight) == [7, 1])
    }
  }
}
