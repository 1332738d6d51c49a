using System.Globalization;
using System.Security;
using System.Text;

namespace DurableSessions.Testing;

/// <summary>A page of the blobs of a container, in the order of their names.</summary>
internal static class Listing
{
    private const int MaxResults = 5000;

    public static SimulatedAnswer Answer(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        string prefix = request.Query("prefix") ?? "";
        string marker = request.Query("marker") ?? "";
        int max = Math.Min(int.Parse(request.Query("maxresults") ?? "5000", CultureInfo.InvariantCulture), MaxResults);
        string include = request.Query("include") ?? "";
        if (max < 1 || (include.Length > 0 && !include.Equals("metadata", StringComparison.OrdinalIgnoreCase)))
        {
            throw new UnknownRequestException(request, $"a listing of at most {max} with '{include}'");
        }

        // A marker is the name of the last blob of the page before.
        (string Name, SimulatedBlob Blob)[] rest =
        [
            .. container.Blobs
                .Where(b => b.Value.IsCommitted)
                .Where(b => b.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(b.Key, marker) > 0)
                .Take(max + 1)
                .Select(static b => (b.Key, b.Value)),
        ];
        int count = Math.Min(rest.Length, max);
        (string Name, SimulatedBlob Blob)[] page = rest[..(account.AsService(ServiceDifference.PagesAreFull) ? (count + 1) / 2 : count)];
        StringBuilder xml = new StringBuilder("""<?xml version="1.0" encoding="utf-8"?>""")
            .Append("<EnumerationResults ServiceEndpoint=\"https://simulated.invalid/\" ContainerName=\"")
            .Append(SecurityElement.Escape(request.Container)).Append("\">");
        Add(xml, "Prefix", prefix);
        Add(xml, "Marker", marker);
        Add(xml, "MaxResults", max.ToString(CultureInfo.InvariantCulture));
        xml.Append("<Blobs>");
        foreach ((string name, SimulatedBlob blob) in page)
        {
            Add(xml, name, blob, include.Length > 0);
        }

        xml.Append("</Blobs>");
        Add(xml, "NextMarker", rest.Length > page.Length ? page[^1].Name : "");
        xml.Append("</EnumerationResults>");
        return new SimulatedAnswer(200) { Body = Encoding.UTF8.GetBytes(xml.ToString()) }.With("Content-Type", "application/xml");
    }

    private static void Add(StringBuilder xml, string name, SimulatedBlob blob, bool withMetadata)
    {
        xml.Append("<Blob>");
        Add(xml, "Name", name);
        xml.Append("<Properties>");
        Add(xml, "Creation-Time", blob.CreatedAt.ToString("R", CultureInfo.InvariantCulture));
        Add(xml, "Last-Modified", blob.Stamp.At.ToString("R", CultureInfo.InvariantCulture));
        Add(xml, "Etag", blob.Stamp.Tag);
        Add(xml, "Content-Length", blob.Length.ToString(CultureInfo.InvariantCulture));
        Add(xml, "Content-Type", blob.ContentType);
        Add(xml, "BlobType", blob.Type);
        xml.Append("<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>");
        if (blob.IsAppendBlob)
        {
            Add(xml, "Sealed", blob.IsSealed ? "true" : "false");
        }

        xml.Append("</Properties>");
        if (withMetadata && blob.Metadata.Count > 0)
        {
            xml.Append("<Metadata>");
            foreach ((string key, string value) in blob.Metadata)
            {
                Add(xml, key, value);
            }

            xml.Append("</Metadata>");
        }

        xml.Append("</Blob>");
    }

    private static void Add(StringBuilder xml, string name, string value) =>
        xml.Append('<').Append(name).Append('>').Append(SecurityElement.Escape(value)).Append("</").Append(name).Append('>');
}
