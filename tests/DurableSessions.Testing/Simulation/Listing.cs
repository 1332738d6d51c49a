using System.Globalization;
using System.Text;
using System.Xml.Linq;

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
        var xml = new XElement(
            "EnumerationResults",
            new XAttribute("ServiceEndpoint", "https://simulated.invalid/"),
            new XAttribute("ContainerName", request.Container),
            new XElement("Prefix", prefix),
            new XElement("Marker", marker),
            new XElement("MaxResults", max),
            new XElement("Blobs", page.Select(b => Entry(b.Name, b.Blob, include.Length > 0))),
            new XElement("NextMarker", rest.Length > page.Length ? page[^1].Name : ""));
        string text = $"""<?xml version="1.0" encoding="utf-8"?>{xml.ToString(SaveOptions.DisableFormatting)}""";
        return new SimulatedAnswer(200) { Body = Encoding.UTF8.GetBytes(text) }.With("Content-Type", "application/xml");
    }

    private static XElement Entry(string name, SimulatedBlob blob, bool withMetadata) => new(
        "Blob",
        new XElement("Name", name),
        new XElement(
            "Properties",
            new XElement("Creation-Time", blob.CreatedAt.ToString("R", CultureInfo.InvariantCulture)),
            new XElement("Last-Modified", blob.Stamp.At.ToString("R", CultureInfo.InvariantCulture)),
            new XElement("Etag", blob.Stamp.Tag),
            new XElement("Content-Length", blob.Length),
            new XElement("Content-Type", blob.ContentType),
            new XElement("BlobType", blob.Type),
            new XElement("LeaseStatus", "unlocked"),
            new XElement("LeaseState", "available"),
            blob.IsAppendBlob ? new XElement("Sealed", blob.IsSealed) : null),
        withMetadata && blob.Metadata.Count > 0
            ? new XElement("Metadata", blob.Metadata.Select(static m => new XElement(m.Key, m.Value)))
            : null);
}
