using System.Globalization;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>
/// What one storage answers to a sequence of requests, as text that is equal for storages that behave the same: ETags and
/// containers are numbered in the order in which they are seen, times are left out.
/// </summary>
internal sealed class Transcript
{
    private static readonly string[] Compared =
    [
        "Last-Modified", "Content-Range", "Accept-Ranges", "x-ms-blob-type", "x-ms-blob-append-offset", "x-ms-blob-committed-block-count",
        "x-ms-blob-sealed", "x-ms-delete-type-permanent",
    ];

    /// <summary>In an order that differs from that of a listing; one is the beginning of another.</summary>
    private static readonly string[] Names = ["b/ü 2", "a", "b/"];

    /// <summary>More than the names make: a listing may not end.</summary>
    private const int MaxPages = 5;

    private readonly BlobContainerClient[] _containers;
    private readonly LastResponse _last = new();
    private readonly List<string> _tags = [];
    private readonly Dictionary<(int Container, int Blob), List<ETag>> _seen = [];
    private readonly Dictionary<(int Container, int Blob), long> _lengths = [];

    private Transcript(string connectionString, Action<BlobClientOptions> reach)
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06) { Retry = { MaxRetries = 0 } };
        reach(options);
        options.AddPolicy(_last, HttpPipelinePosition.PerRetry);
        var service = new BlobServiceClient(connectionString, options);
        string id = Guid.NewGuid().ToString("N");
        _containers = [service.GetBlobContainerClient("first-" + id), service.GetBlobContainerClient("second-" + id)];
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>One text for each step.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(
        string connectionString, Action<BlobClientOptions> reach, IEnumerable<Step> steps)
    {
        var transcript = new Transcript(connectionString, reach);
        List<string> answers = [];
        await transcript._containers[0].CreateAsync(cancellationToken: Cancelled);
        foreach (Step step in steps)
        {
            answers.Add(await transcript.AnswerAsync(step));
        }

        foreach (BlobContainerClient container in transcript._containers)
        {
            // An emulator looks through all it has for each listing.
            await container.DeleteIfExistsAsync(cancellationToken: Cancelled);
        }

        return answers;
    }

    private async Task<string> AnswerAsync(Step step)
    {
        string content;
        try
        {
            content = await SendAsync(step);
        }
        catch (RequestFailedException e)
        {
            content = $"{e.ErrorCode}";
        }

        Response answer = _last.Response!;
        if (answer.Headers.ETag is { } tag && step.Kind > StepKind.List)
        {
            Seen(step).Add(tag);
        }

        if (answer.Status < 300)
        {
            Measure(step, answer);
        }

        var text = new StringBuilder(
            string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {content} etag:{Number(answer.Headers.ETag)}"));
        foreach (HttpHeader header in answer.Headers.Where(IsCompared).OrderBy(static h => h.Name, StringComparer.OrdinalIgnoreCase))
        {
            bool isTime = header.Name.Equals("Last-Modified", StringComparison.OrdinalIgnoreCase);
            text.Append(' ').Append(header.Name.ToUpperInvariant()).Append('=').Append(isTime ? "" : header.Value);
        }

        if (step.Kind is StepKind.Get or StepKind.Properties && answer.Status < 300)
        {
            text.Append(CultureInfo.InvariantCulture, $" {answer.Headers.ContentLength} bytes of {answer.Headers.ContentType}");
        }

        return text.ToString();
    }

    private async Task<string> SendAsync(Step step)
    {
        BlobContainerClient container = _containers[step.Container];
        string name = Names[step.Blob];
        BlobRequestConditions conditions = Conditions(step, new BlobRequestConditions());
        using var body = new MemoryStream(Bytes(step));
        var headers = new BlobHttpHeaders { ContentType = step.Metadata > 0 ? "application/json" : null };
        switch (step.Kind)
        {
            case StepKind.CreateContainer:
                await container.CreateAsync(metadata: Metadata(step), cancellationToken: Cancelled);
                return "";
            case StepKind.DeleteContainer:
                await container.DeleteAsync(cancellationToken: Cancelled);
                return "";
            case StepKind.ContainerProperties:
                await container.GetPropertiesAsync(cancellationToken: Cancelled);
                return "";
            case StepKind.SetContainerMetadata:
                await container.SetMetadataAsync(Metadata(step), cancellationToken: Cancelled);
                return "";
            case StepKind.List:
                return await ListAsync(container, step);
            case StepKind.Put:
                await container.GetBlockBlobClient(name).UploadAsync(
                    body, new BlobUploadOptions { Conditions = conditions, Metadata = Metadata(step), HttpHeaders = headers }, Cancelled);
                return "";
            case StepKind.Get:
                Response<BlobDownloadResult> got = await container.GetBlobClient(name).DownloadContentAsync(
                    new BlobDownloadOptions { Conditions = conditions, Range = Range(step) }, Cancelled);
                return got.GetRawResponse().Status == 304 ? "" : Encoding.ASCII.GetString(got.Value.Content);
            case StepKind.Properties:
                await container.GetBlobClient(name).GetPropertiesAsync(conditions, Cancelled);
                return "";
            case StepKind.Delete:
                await container.GetBlobClient(name).DeleteAsync(DeleteSnapshotsOption.None, conditions, Cancelled);
                return "";
            case StepKind.SetMetadata:
                await container.GetBlobClient(name).SetMetadataAsync(Metadata(step), conditions, Cancelled);
                return "";
            case StepKind.Stage:
                await container.GetBlockBlobClient(name).StageBlockAsync(BlockId(step.Block), body, cancellationToken: Cancelled);
                return "";
            case StepKind.Commit:
                await container.GetBlockBlobClient(name).CommitBlockListAsync(
                    Enumerable.Range(0, step.Block + 1).Select(BlockId),
                    new CommitBlockListOptions { Conditions = conditions, Metadata = Metadata(step), HttpHeaders = headers },
                    Cancelled);
                return "";
            case StepKind.CreateAppendBlob:
                await container.GetAppendBlobClient(name).CreateAsync(
                    new AppendBlobCreateOptions
                    {
                        Conditions = AppendConditions(step, withPosition: false),
                        Metadata = Metadata(step),
                    },
                    Cancelled);
                return "";
            case StepKind.Append:
                await container.GetAppendBlobClient(name).AppendBlockAsync(
                    body, new AppendBlobAppendBlockOptions { Conditions = AppendConditions(step, withPosition: true) }, Cancelled);
                return "";
            case StepKind.Seal:
                await container.GetAppendBlobClient(name).SealAsync(AppendConditions(step, withPosition: true), Cancelled);
                return "";
            default:
                throw new InvalidOperationException($"There is no request for {step}.");
        }
    }

    private async Task<string> ListAsync(BlobContainerClient container, Step step)
    {
        var text = new StringBuilder();
        int pages = 0;
        var options = new GetBlobsOptions { Prefix = step.Prefix, Traits = step.Metadata > 0 ? BlobTraits.Metadata : BlobTraits.None };
        int? pageSize = step.Size == 0 ? null : step.Size;
        await foreach (Page<BlobItem> page in container.GetBlobsAsync(options, Cancelled).AsPages(pageSizeHint: pageSize))
        {
            if (++pages > MaxPages)
            {
                return text.Append("and so on").ToString();
            }

            foreach (BlobItem item in page.Values)
            {
                BlobItemProperties of = item.Properties;
                string metadata = string.Join(
                    ';',
                    (item.Metadata ?? new Dictionary<string, string>())
                        .OrderBy(static m => m.Key)
                        .Select(static m => $"{m.Key}={m.Value}"));
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{item.Name} {of.ContentLength} {of.BlobType} {of.ContentType} {Number(of.ETag)} ");
                text.Append(
                    CultureInfo.InvariantCulture, $"{of.IsSealed} {of.LastModified is not null} {metadata}; ");
            }

            text.Append(string.IsNullOrEmpty(page.ContinuationToken) ? "the end" : "and more: ");
        }

        return text.ToString();
    }

    // How long the client thinks that the blob is.
    private void Measure(Step step, Response answer)
    {
        long? length = step.Kind switch
        {
            StepKind.Put => step.Size,
            StepKind.CreateAppendBlob => 0,
            StepKind.Append => long.Parse(Header(answer, "x-ms-blob-append-offset")!, CultureInfo.InvariantCulture) + step.Size,
            StepKind.Properties => answer.Headers.ContentLength,
            _ => null,
        };
        if (length is { } known)
        {
            _lengths[(step.Container, step.Blob)] = known;
        }
    }

    private BlobRequestConditions Conditions(Step step, BlobRequestConditions conditions)
    {
        conditions.IfMatch = TagOf(step, step.Match);
        conditions.IfNoneMatch = TagOf(step, step.NoneMatch);
        return conditions;
    }

    private AppendBlobRequestConditions AppendConditions(Step step, bool withPosition) => (AppendBlobRequestConditions)Conditions(
        step, new AppendBlobRequestConditions { IfAppendPositionEqual = withPosition ? PlaceOf(step) : null });

    private ETag? TagOf(Step step, Tag tag) => tag switch
    {
        Tag.None => null,
        Tag.Any => ETag.All,
        Tag.Newest when Seen(step).Count > 0 => Seen(step)[^1],
        Tag.Oldest when Seen(step).Count > 0 => Seen(step)[0],
        _ => new ETag("\"0xFFFFFFFFFFFFFFF\""),
    };

    private long? PlaceOf(Step step)
    {
        long length = _lengths.GetValueOrDefault((step.Container, step.Blob));
        return step.Place switch
        {
            Place.None => null,
            Place.Start => 0,
            Place.BeforeEnd => Math.Max(length - 1, 0),
            Place.End => length,
            _ => length + 1,
        };
    }

    private HttpRange Range(Step step) => PlaceOf(step) is { } start ? new HttpRange(start, step.Size == 0 ? null : step.Size) : default;

    private List<ETag> Seen(Step step) =>
        _seen.TryGetValue((step.Container, step.Blob), out List<ETag>? seen) ? seen : _seen[(step.Container, step.Blob)] = [];

    private string Number(ETag? tag)
    {
        if (tag is not { } there)
        {
            return "-";
        }

        string text = there.ToString("G").Trim('"');
        if (!_tags.Contains(text))
        {
            _tags.Add(text);
        }

        return _tags.IndexOf(text).ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsCompared(HttpHeader header) =>
        Compared.Contains(header.Name, StringComparer.OrdinalIgnoreCase)
        || header.Name.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase);

    private static string? Header(Response answer, string name) => answer.Headers.TryGetValue(name, out string? value) ? value : null;

    private static byte[] Bytes(Step step) => [.. Enumerable.Range(0, step.Size).Select(i => (byte)('a' + ((i + step.Block) % 26)))];

    private static Dictionary<string, string> Metadata(Step step) =>
        Enumerable.Range(1, step.Metadata).ToDictionary(static i => $"Name{i}", static i => $"value {i}");

    private static string BlockId(int number) => Convert.ToBase64String(BitConverter.GetBytes(number));

    private sealed class LastResponse : HttpPipelinePolicy
    {
        public Response? Response { get; private set; }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            throw new NotSupportedException("Requests of a transcript are sent one after the other, and awaited.");

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            Response = message.Response;
        }
    }
}
