import Testing

@testable import Configuration

/// The director part of a file, read before the rest.
@Suite struct SettingsAheadTests {
  private func ahead(_ text: String) -> DirectorSettings? { DirectorSettings(aheadOf: Array(text.utf8), file: "sluice.yaml") }

  @Test(arguments: [
    "director:\n  interfaces: [eth0]\n  flows: 2048\nservices: []\n",
    "services:\n  - service: tcp 10.0.0.1:80\ndirector:\n  interfaces: [eth0]\n  flows: 2048",
    "# director:\ndirector: { interfaces: [eth0], flows: 2048 }\n\n# more\n\nservices: not even a list\n",
    "timeouts: {}\r\ndirector:\r\n  interfaces: [eth0]\r\n\r\n  flows: 2048\r\nservices: []\r\n",
  ])
  func `it stands wherever it is`(text: String) throws {
    let settings = try #require(ahead(text))
    #expect(settings.interfaces == ["eth0"] && settings.flows == 2048)
  }

  @Test(arguments: [
    "", "\n", "director", "services: []\n", "{director: {interfaces: [eth0]}}", "director:\n  interfaces: *links\n",
    "director:\n  interfaces: [eth0]\n  flows: 3\n", " director:\n  interfaces: [eth0]\n",
  ])
  func `what can't be read by itself is left to the whole file`(text: String) { #expect(ahead(text) == nil) }

  @Test func `text that is not UTF-8 is refused where it matters`() {
    let head = Array("director: { interfaces: [eth0] }\n".utf8)
    #expect(DirectorSettings(aheadOf: head + [0xff, 10], file: "f")?.interfaces == ["eth0"])
    #expect(DirectorSettings(aheadOf: Array("director: { interfaces: [".utf8) + [0xff] + Array("] }\n".utf8), file: "f") == nil)
  }
}
