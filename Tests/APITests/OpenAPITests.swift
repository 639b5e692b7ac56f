import Foundation
import Testing
import Yams

@testable import API
@testable import Configuration
@testable import IPVSAdm
@testable import Model
@testable import Reconciler

/// `Docs/openapi.yaml` and the API say the same.
@Suite struct OpenAPITests {
  private static func description() throws -> [String: Any] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/openapi.yaml")
      .standardizedFileURL
    return try #require(try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)) as? [String: Any])
  }

  private static func described() throws -> Set<String> {
    let paths = try #require(try description()["paths"] as? [String: [String: Any]])
    let methods: Set = ["get", "put", "post", "delete", "patch", "head", "options"]
    return Set(paths.flatMap { path, items in items.keys.filter(methods.contains).map { "\($0.uppercased()) \(path)" } })
  }

  @Test func `every route served is in the file, and every route in the file is served`() throws {
    #expect(try Self.described() == Set(Route.all.map { "\($0.method.rawValue) \($0.template)" }))
  }

  @Test func `every route in the file is answered`() async throws {
    let values = ["{protocol}": "tcp", "{endpoint}": "10.0.0.100:80", "{address}": "10.0.0.2"]
    for route in try Self.described().sorted() {
      let words = route.split(separator: " ").map(String.init)
      let path = values.reduce(words[1]) { $0.replacing($1.key, with: $1.value) }
      try await LiveAPI.run { api in
        let answer = try await api.raw(post(path, words[0] == "GET" || words[0] == "DELETE" ? "" : "{}", method: words[0]))
        #expect(["200", "400"].contains(answer.dropFirst(9).prefix(3)), "\(route): \(answer)")
        #expect(!answer.contains("no-such"), "\(route): \(answer)")
      }
    }
  }

  @Test func `query parameters are those of the file`() throws {
    let description = try Self.description()
    let paths = try #require(description["paths"] as? [String: [String: Any]])
    let components = try #require(description["components"] as? [String: Any])
    let shared = try #require(components["parameters"] as? [String: [String: Any]])
    for route in Route.all {
      let operation = paths[route.template]?[route.method.rawValue.lowercased()] as? [String: Any]
      let parameters = operation?["parameters"] as? [[String: Any]] ?? []
      let resolved = parameters.map { parameter in
        (parameter["$ref"] as? String).flatMap { $0.split(separator: "/").last }.flatMap { shared[String($0)] } ?? parameter
      }
      #expect(Set(resolved.compactMap { $0["name"] as? String }) == route.queries, "\(route.template)")
    }
  }

  /// The properties of each request schema: the file must list every field that the API knows, and no others.
  @Test func `request bodies have the fields of the file`() throws {
    let components = try #require(try Self.description()["components"] as? [String: Any])
    let schemas = try #require(components["schemas"] as? [String: [String: Any]])
    let known: [String: [String]] = [
      "ServiceTable": ServiceTable.CodingKeys.allCases.map(\.rawValue),
      "Service": VirtualService.CodingKeys.allCases.map(\.rawValue),
      "Server": RealServer.CodingKeys.allCases.map(\.rawValue),
      "ServiceSettings": ServiceSettings.CodingKeys.allCases.map(\.rawValue),
      "ServerSettings": ServerSettings.fields.map(\.rawValue),
      "TableCommand": TableCommand.CodingKeys.allCases.map(\.rawValue),
    ]
    for (name, fields) in known {
      let properties = schemas[name]?["properties"] as? [String: Any] ?? [:]
      #expect(Set(properties.keys) == Set(fields), "\(name)")
    }
  }
}
