using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DurableSessions.Orchestration;

/// <summary>
/// The JSON of inputs, outputs, events and custom statuses, the same in every engine, so that one can read what another has stored:
/// the web defaults of System.Text.Json (camelCase, read without case), enums by name.
/// </summary>
public static class OrchestrationJson
{
    /// <summary>The options; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
