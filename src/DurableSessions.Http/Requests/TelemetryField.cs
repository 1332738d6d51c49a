using System.Text.Json;

namespace DurableSessions.Http.Requests;

/// <summary>The field <c>telemetry</c>, which every mutating route accepts; this service checks its type and ignores it.</summary>
internal static class TelemetryField
{
    public static void Check(JsonField body)
    {
        JsonField telemetry = body["telemetry"];
        if (telemetry is { IsSet: true, Value.ValueKind: not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Object) })
        {
            throw telemetry.Invalid("must be true, false or an object.", "value_error");
        }
    }
}
