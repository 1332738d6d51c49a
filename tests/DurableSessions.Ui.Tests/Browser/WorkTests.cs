using Azure.Storage.Blobs;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;
using DurableSessions.Ui.Tests.Hosting;
using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>A day's work on the pages, in a real browser: what a user does with a session, and an operator with commits.</summary>
[Collection<FurnishedCollection>]
public sealed class WorkTests(SimulatedFixture storage, Chromium browser)
{
    private static readonly SessionKey s_ann = new("acme", "ann", "s-ann");

    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_finds_a_session_commits_it_reads_what_an_agent_gets_and_takes_a_memory_back()
    {
        (UiHost host, string key, _) = await StartAsync(null);
        await using UiHost ends = host;
        await host.AppendAsync(s_ann, ("user", "remember the export runs at noon"), ("assistant", "It is noted."));
        await host.AppendAsync(s_ann.Owner.Session("other"), ("user", "Hello"));
        await using IBrowserContext context = await browser.OpenAsync(host.Address);
        IPage page = await SignInAsync(context, key, "/ui/sessions");
        Assert.Equal(2, await page.Locator("tbody tr").CountAsync());
        await page.FillAsync("#q", "s-a");
        await ClickAsync(page, "Search");
        await page.GetByText("1 session").First.WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "s-ann" }).ClickAsync();
        await page.GetByText("remember the export runs at noon").WaitForAsync();
        await page.FillAsync("#keep", "0");
        await ClickAsync(page, "Commit now");
        await page.GetByText("The commit is accepted.").WaitForAsync();
        await page.Locator("tbody").GetByText("completed").WaitForAsync();

        await page.GotoAsync("/ui/sessions/s-ann/context");
        await page.FillAsync("#budget", "4000");
        await page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await page.ArriveAsync("/ui/sessions/s-ann/context[?].*budget=4000.*");
        await page.GetByText("What was said").First.WaitForAsync();

        await page.GotoAsync("/ui/sessions/s-ann/archives/1/memories");
        await page.GetByText("the export runs at noon").First.WaitForAsync();
        await ClickAsync(page, "Undo these changes");
        await page.GetByText("The memory changes of this commit are taken back.").WaitForAsync();
        Assert.Equal(404, (await page.GotoAsync("/ui/memories/events/remembered"))!.Status);
    }

    [Fact]
    public async Task An_operator_finds_commits_and_suspends_resumes_terminates_and_cancels_them()
    {
        var processor = new FakeProcessor { Before = static stop => Task.Delay(Timeout.Infinite, stop) };
        (UiHost host, _, string key) = await StartAsync(processor);
        await using UiHost ends = host;
        foreach (SessionKey session in (SessionKey[])[s_ann, s_ann.Owner.Session("other")])
        {
            await host.AppendAsync(session, ("user", "Hello"));
            await host.Store.Commits.CommitAsync(session, new Core.Tasks.CommitRequest(), Ends);
        }

        await using IBrowserContext context = await browser.OpenAsync(host.Address);
        IPage page = await SignInAsync(context, key, "/ui/commits");
        await page.Locator("tbody tr").Nth(1).WaitForAsync();
        await page.FillAsync("#session", s_ann.Id);
        await page.SelectOptionAsync("#order", "oldest");
        await page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await page.ArriveAsync("/ui/commits[?].*session=s-ann.*");
        Assert.Equal(1, await page.Locator("tbody tr").CountAsync());
        await page.Locator("tbody a").First.ClickAsync();
        await page.ArriveAsync("/ui/commits/c.*");

        await ClickAsync(page, "Suspend");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).WaitForAsync();
        await ClickAsync(page, "Resume");
        await page.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).WaitForAsync();
        await ClickAsync(page, "Terminate");
        await page.Locator("#facts").GetByText("terminated").WaitForAsync();

        await page.GotoAsync("/ui/commits?session=other");
        await page.Locator("tbody a").First.ClickAsync();
        await page.ArriveAsync("/ui/commits/c.*");
        await ClickAsync(page, "Cancel");
        await page.Locator("#facts").GetByText("cancelled").WaitForAsync();
    }

    // Sent from the form as it is now: the page's script may put another in its place.
    private static async Task ClickAsync(IPage page, string button) => await page.RunAndWaitForResponseAsync(
        () => page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync(),
        static r => r.Request.IsNavigationRequest && r.Status == 200);

    private async Task<(UiHost Host, string Key, string OperatorsKey)> StartAsync(FakeProcessor? processor)
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        string own = (await keys.AddAsync(s_ann.Account, s_ann.User, Ends)).Text;
        string operators = (await keys.AddAsync(null, null, Ends)).Text;
        return (await UiHost.StartAsync(storage, container.Name, processor: processor), own, operators);
    }

    private static async Task<IPage> SignInAsync(IBrowserContext context, string key, string leadsTo)
    {
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        page.Dialog += static (_, dialog) => _ = dialog.AcceptAsync();
        await page.GotoAsync("/ui");
        await page.SignInAsync(key, leadsTo);
        return page;
    }
}
