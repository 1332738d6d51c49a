using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tests.State;

/// <summary>The names that segments have in manifests, which hosts of other versions read and write too.</summary>
public sealed class StoredSegmentTests
{
    private const string Stored =
        """
        {"format":1,"account":"a","user":"u","session_id":"s","incarnation":"i",
        "created_at":"2026-01-01T00:00:00+00:00","updated_at":"2026-01-01T00:00:00+00:00",
        "live":[{"name":"retained","frozen":true},{"name":"sealed"},{"name":"last","frozen":false,"created_e_tag":"0x1"}]}
        """;

    [Fact]
    public void A_manifest_says_frozen_of_a_segment_that_is_immutable()
    {
        Manifest read = StoreJson.Read<Manifest>(BinaryData.FromString(Stored));

        Assert.Equal(
            [
                new SegmentReference("retained", Immutable: true),
                new SegmentReference("sealed"),
                new SegmentReference("last", CreatedETag: "0x1"),
            ],
            read.Live);
    }

    [Fact]
    public void Segments_are_written_under_the_names_they_always_had()
    {
        string written = StoreJson.Write<SegmentReference[]>(
            [new("retained", Immutable: true), new("last", CreatedETag: "0x1")]).ToString();

        Assert.Equal(
            """[{"name":"retained","frozen":true},{"name":"last","frozen":false,"created_e_tag":"0x1"}]""", written);
    }
}
