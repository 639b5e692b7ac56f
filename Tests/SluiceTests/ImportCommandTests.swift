import Configuration
import Foundation
import Testing

/// `sluice import keepalived` with real files; the import itself is tested in ConfigurationTests.
@Suite struct ImportCommandTests {
  /// Runs it on `k.conf` of a folder with these files.
  private func run(_ files: [String: String], _ options: String...) async throws -> (result: PlainDaemon.Result, folder: String) {
    let folder = NSTemporaryDirectory() + "/sluice-import-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder + "/conf.d", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    return (try await PlainDaemon.sluice(["import", "keepalived", folder + "/k.conf"] + options), folder)
  }

  private static func service(_ last: Int) -> String {
    "virtual_server 192.0.2.\(last) 80 {\nlb_kind DR\n@one weight 7\nreal_server 198.51.100.1 80 {\n}\n}\n"
  }

  @Test func `the file is on standard output, what is not carried on standard error`() async throws {
    let files = [
      "k.conf": "include conf.d/{b,a}*.conf\ninclude conf.d/*.none\nvirtual_server fwmark 1 {\n}\n",
      "conf.d/a1.conf": Self.service(1),
      "conf.d/b1.conf": Self.service(2), "conf.d/c1.conf": Self.service(3),
    ]
    let (result, folder) = try await run(files, "--interface", "eth7", "--config-id", "one")
    #expect(result.code == 0)
    let configuration = try Configuration(yaml: result.output, file: "out")
    #expect(configuration.director.interfaces == ["eth7"])
    #expect(Set(configuration.table.services.map { "\($0.key)" }) == ["tcp 192.0.2.1:80", "tcp 192.0.2.2:80"])
    #expect(configuration.table.services.allSatisfy { $0.servers.map(\.weight) == [7] })
    let lines = result.error.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("\(folder)/k.conf:2: no file is '\(folder)/conf.d/*.none'") })
    #expect(lines.contains { $0.hasPrefix("\(folder)/k.conf:3: 'virtual_server fwmark 1' is not carried") })
  }

  @Test func `a file that can't be read is one line and nothing else`() async throws {
    let (result, folder) = try await run(["k.conf": "virtual_server 192.0.2.1 80 {\n"])
    #expect(result.code == 1)
    #expect(result.output == "")
    #expect(
      result.error
        == "Error: \(folder)/k.conf:1: the block of 'virtual_server 192.0.2.1 80' is not closed; add a '}' after its last line\n"
    )
    let missing = try await PlainDaemon.sluice(["import", "keepalived", "/nowhere/k.conf"])
    #expect(missing.code == 1)
    #expect(missing.error == "Error: can't read /nowhere/k.conf: No such file or directory; check the path and its permissions\n")
  }

  @Test func `a table that ipvsadm has saved becomes a file`() async throws {
    let folder = NSTemporaryDirectory() + "/sluice-import-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/rules"
    let saved = """
      -A -t 10.0.0.100:80 -s mh -p 600 -b mh-port
      -a -t 10.0.0.100:80 -r 10.0.0.2:80 -g -w 1
      -a -t 10.0.0.100:80 -r 10.0.0.3:80 -i -w 2 --tun-type gue --tun-port 6080
      -a -t 10.0.0.100:80 -r 10.0.0.4:8080 -m -w 1
      -A -f 7 -s rr
      """
    try Data(saved.utf8).write(to: URL(filePath: file))
    let result = try await PlainDaemon.sluice(["import", "ipvsadm", file, "--interface", "eth7"])
    #expect(result.code == 0)
    let configuration = try Configuration(yaml: result.output, file: "out")
    #expect(configuration.director.interfaces == ["eth7"])
    let web = try #require(configuration.table.services.first)
    #expect("\(web.key)" == "tcp 10.0.0.100:80" && web.scheduler == .mh && web.flags == .port && web.persistence?.timeout == 600)
    #expect(
      web.servers.map { "\($0.id) \($0.method) \($0.weight)" } == [
        "10.0.0.2 direct 1", "10.0.0.3 gue 2", "10.0.0.4:8080 masquerade 1",
      ]
    )
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("\(file): line 4: server 10.0.0.4:8080 of tcp 10.0.0.100:80: masquerading"))
    #expect(lines[1].hasPrefix("\(file): line 5: fwmark 7: "))
    try Data((saved + "\n-a -t 10.0.0.100:80 -r 10.0.0.2:80\n").utf8).write(to: URL(filePath: file))
    let refused = try await PlainDaemon.sluice(["import", "ipvsadm", file])
    #expect(refused.code == 1 && refused.output == "")
    #expect(refused.error == "Error: \(file): line 6: Destination already exists\n")
  }

  @Test func `interfaces must be names, each once`() async throws {
    let (bad, _) = try await run(["k.conf": ""], "--interface", "a/b")
    #expect(bad.code != 0 && bad.error.contains("'a/b' is no name of an interface"))
    let (twice, _) = try await run(["k.conf": ""], "--interface", "eth0", "--interface", "eth0")
    #expect(twice.code != 0 && twice.error.contains("an interface is given twice"))
  }
}
