using Google.Protobuf;

namespace DurableSessions.Server.Tests.Telemetry;

/// <summary>
/// A span as a host exports it: what a test looks at of
/// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
/// </summary>
/// <param name="Host">The resource's <c>service.instance.id</c>.</param>
/// <param name="TraceId">In lower-case hexadecimal.</param>
/// <param name="Name">Its name.</param>
internal sealed record ExportedSpan(string Host, string TraceId, string Name)
{
    private const int Bytes = 2;

    /// <summary>The spans of a request to <c>/v1/traces</c>.</summary>
    public static IEnumerable<ExportedSpan> Read(byte[] request)
    {
        foreach (byte[] resourceSpans in Fields(request, 1))
        {
            string host = Fields(resourceSpans, 1)
                .SelectMany(static resource => Fields(resource, 1))
                .Where(static attribute => Text(attribute, 1) == "service.instance.id")
                .Select(static attribute => Text(Fields(attribute, 2).Single(), 1))
                .Single();
            foreach (byte[] span in Fields(resourceSpans, 2).SelectMany(static scope => Fields(scope, 2)))
            {
                yield return new ExportedSpan(host, Convert.ToHexStringLower(Fields(span, 1).Single()), Text(span, 5));
            }
        }
    }

    private static string Text(byte[] message, int number) => System.Text.Encoding.UTF8.GetString(Fields(message, number).Single());

    private static List<byte[]> Fields(byte[] message, int number)
    {
        List<byte[]> fields = [];
        var input = new CodedInputStream(message);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == (uint)((number << 3) | Bytes))
            {
                fields.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return fields;
    }
}
